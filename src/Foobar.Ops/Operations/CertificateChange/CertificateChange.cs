using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// Gives the servers of a site another certificate, or the one that they had before. Learns and judges first; then the new
/// files are laid beside the old ones, take their places if the programs would start with them, the running programs get
/// them, and every endpoint is looked at over fresh handshakes. What was replaced is kept on its server.
/// </summary>
public sealed class CertificateChange : IDisposable
{
    /// <summary>What journals call it.</summary>
    internal const string Kind = "certificate";

    private readonly ISiteSession _session;
    private readonly TimeProvider _time;
    private readonly CertificateMaterial? _material;
    private readonly IReadOnlyList<ChangeTarget> _changing;
    private readonly IReadOnlyList<EndpointState> _passedThrough;
    private readonly IReadOnlyList<FoobarException> _refusals;

    private CertificateChange(
        ISiteSession session, TimeProvider time, Certificate leaf, CertificateMaterial? material, IReadOnlyList<ChangeTarget> targets,
        IReadOnlyList<EndpointState> passedThrough, IReadOnlyList<FoobarException> refusals)
    {
        (_session, _time, Certificate, _material, _passedThrough, _refusals) = (session, time, leaf, material, passedThrough, refusals);
        ChangeTarget[] meant =
        [
            .. targets.Where(static target => target.Places.Count > 0 || target.Back is not null || target.IsUnsettled),
        ];
        _changing = [.. meant.Where(static target => target.IsChange)];
        Previews = [.. meant.Select((target, index) => Preview(target, index + 1))];
    }

    /// <summary>The certificate that is installed or brought back.</summary>
    public Certificate Certificate { get; }

    /// <summary>What would become of each server that has a place for it, in the order of the change.</summary>
    public IReadOnlyList<CertificateChangePreview> Previews { get; }

    /// <summary>What earlier changes that were ended midway have left, a line a server; this change ends it.</summary>
    public IReadOnlyList<string> Unsettled => (string[])
    [
        .. from target in _changing
           from left in target.Leftovers
           where left.State != LeftoverState.Kept
           select $"{target.Server.Name}: {left} was ended midway; {(left.State == LeftoverState.Installed ? "its files are in place, and are kept" : left.State == LeftoverState.Begun ? "the files of before it come back first" : "it had changed nothing")}.",
    ];

    /// <summary>Reads a certificate from files of this machine and judges it; then reads what servers have. Changes nothing.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="servers">The servers that may have places for it.</param>
    /// <param name="path">A file, or an ACME client's directory.</param>
    /// <param name="keyPath">The key's file; <see langword="null"/> to look in the file and beside it.</param>
    /// <param name="name">Which certificate of a directory that holds several.</param>
    /// <param name="passphrase">What key or store are encrypted with.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>CertificateFileUnreadable</c>, <c>CertificateKeyMissing</c>, <c>CertificateKeyMismatch</c>,
    /// <c>CertificatePassphraseWrong</c>, <c>CertificateExpired</c>, <c>CertificateNotYetValid</c>, <c>CertificateChainBroken</c>,
    /// <c>CertificateNameWrong</c>, <c>CertificatePlaceNotFound</c>; a server can't be reached or read.</exception>
    public static async Task<CertificateChange> PrepareAsync(
        ISiteSession session, IReadOnlyList<Server> servers, string path, string? keyPath, string? name, Secret? passphrase,
        CertificateChangeOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        CertificateMaterial? material = null;
        try
        {
            material = CertificateSource.Read(
                SourceFiles.Find(path, keyPath, name), passphrase, options.ServerKey is null, LoadedDrivers.Keys);
            TrustedAuthorities authorities = TrustedAuthorities.From(
                options.TrustedAuthorities ?? session.Site.Policy.Tls.TrustedAuthorities);
            ChangeObstacles.RefuseMaterial(material, authorities, LoadedDrivers.Keys, time.GetUtcNow());
            ChangePreparation preparation = new(session, options, Number(time));
            ChangeTarget[] targets = await Task.WhenAll(
                servers.Select(server => preparation.ReadAsync(server, material, cancellationToken)));
            ChangeObstacles.RefuseAimless(material.Leaf, session.Site, options, targets);
            await RefuseServerKeysAsync(session, targets, material, cancellationToken);
            CertificateChange change = await MakeAsync(
                session, time, preparation, options, material.Leaf, material, targets, cancellationToken);
            material = null;
            return change;
        }
        finally
        {
            material?.Dispose();
        }
    }

    /// <summary>Reads what the last change of each server replaced. Changes nothing.</summary>
    /// <inheritdoc cref="PrepareAsync"/>
    /// <exception cref="FoobarException"><c>CertificateNothingKept</c>: there is nothing to undo.</exception>
    public static async Task<CertificateChange> PrepareUndoAsync(
        ISiteSession session,
        IReadOnlyList<Server> servers,
        CertificateChangeOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ChangePreparation preparation = new(session, options, Number(time));
        (ChangeTarget Target, Certificate? Leaf)[] all = await Task.WhenAll(
            servers.Select(server => preparation.ReadUndoAsync(server, cancellationToken)));
        if (all.Select(static each => each.Leaf).FirstOrDefault(static leaf => leaf is not null) is not { } leaf)
        {
            throw new FoobarException(
                "CertificateNothingKept", ErrorKind.NotFound,
                $"{string.Join(", ", servers.Select(static server => server.Name))}: there is nothing to undo, no change of this module "
                    + "has kept there what it replaced.")
            {
                Recommendation = "Name only servers whose certificate Update-FoobarCertificate has changed.",
            };
        }

        return await MakeAsync(
            session, time, preparation, options, leaf, null, [.. all.Select(static each => each.Target)], cancellationToken);
    }

    /// <summary>Refuses what would do harm, as far as the preparation saw it: what the previews tell.</summary>
    /// <exception cref="FoobarException"><c>CertificateNameWrong</c>, <c>CertificateManagedElsewhere</c>,
    /// <c>CertificateTransactionOpen</c>, <c>CertificateChangedSince</c>, <c>CertificateServiceInvalid</c>.</exception>
    public void Refuse()
    {
        if (_refusals.Count > 0)
        {
            FoobarException[] same = [.. _refusals.Where(one => one.ErrorId == _refusals[0].ErrorId)];
            throw same.Length == 1
                ? same[0]
                : new FoobarException(same[0].ErrorId, same[0].Kind, string.Join(' ', same.Select(static one => one.Message)))
            {
                Recommendation = same[0].Recommendation,
            };
        }
    }

    /// <summary>The steps, in words, for all servers that need a change.</summary>
    public IReadOnlyList<string> Steps => Plan(new Dictionary<string, string>()).Outline;

    /// <summary>Makes the change; what fails is undone.</summary>
    /// <param name="store">Where the journal is kept; holds off other operations on the site.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels and undoes.</param>
    /// <exception cref="FoobarException"><c>CertificateChangePending</c>, <c>OperationRunning</c>, and what <see cref="Refuse"/>
    /// refuses.</exception>
    public async Task<CertificateChangeResult> RunAsync(
        OperationStore store, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = store.Lock(Kind, started);
        (string Path, JournalState State)? earlier = store.FindUnfinished(Kind);
        string[] own = [.. earlier?.State.Parameters.Values ?? []];
        foreach (ChangeTarget target in _changing)
        {
            ChangeObstacles.RefusePending(target, own, started);
        }

        Refuse();
        Dictionary<string, string> elsewhere = earlier?.State.Parameters
            .Where(
                pair => _session.Site.Find(pair.Key) is not null && _changing.All(target => target.Server.Name != pair.Key)).ToDictionary()
                ?? [];
        using FileJournal journal = store.NewJournal(Kind, started);
        PlanResult result = await new PlanRunner(journal, _time, progress).RunAsync(Plan(elsewhere), cancellationToken);
        if (earlier is { } ended && result.Outcome is PlanOutcome.Completed or PlanOutcome.Undone)
        {
            Close(ended.Path, started);
        }

        return new CertificateChangeResult
        {
            Outcome = result.Outcome,
            Servers = [.. _changing.Select(static target => target.Server.Name)],
            Certificate = Certificate,
            Files = [.. _changing.SelectMany(static target => target.Files.Select(file => $"{target.Server.Name}: {file.RealPath}"))],
            Endpoints = [.. States().Select(static state => $"{state.Endpoint} ({state.Endpoint.ServerName})")],
            Notes =
            [
                .. _material?.Notes ?? [],
                .. _changing.SelectMany(static target => target.Notes.Select(note => $"{target.Server.Name}: {note}")),
            ],
            Steps = result.Steps,
            Error = result.Failure?.Message,
            Journal = journal.Path,
        };
    }

    /// <summary>Overwrites the key.</summary>
    public void Dispose() => _material?.Dispose();

    private static async Task<CertificateChange> MakeAsync(
        ISiteSession session, TimeProvider time, ChangePreparation preparation, CertificateChangeOptions options, Certificate leaf,
        CertificateMaterial? material, IReadOnlyList<ChangeTarget> targets, CancellationToken cancellationToken)
    {
        ChangeTarget[] replaced = [.. targets.Where(static target => target.IsReplaced)];
        List<FoobarException> refusals = [];
        foreach (ChangeTarget target in replaced)
        {
            refusals.AddRange(ChangeObstacles.Refusals(target, leaf, options));
            if (await RehearseAsync(session, target, cancellationToken) is { } invalid)
            {
                refusals.Add(invalid);
            }
        }

        IReadOnlyList<EndpointState> passed = replaced.Length == 0
            ? []
            : await preparation.PassedThroughAsync(targets, leaf, cancellationToken);
        return new CertificateChange(session, time, leaf, material, targets, passed, refusals);
    }

    // A service that would not start as it is must not be told to load anything new.
    private static async Task<FoobarException?> RehearseAsync(
        ISiteSession session, ChangeTarget target, CancellationToken cancellationToken)
    {
        IServerSession server = await session.GetServerAsync(target.Server.Name, cancellationToken);
        CommandResult result = await server.RunAsync(ChangeScripts.ToRehearse(target), cancellationToken);
        return result.ExitCode == 0
            ? null
            : new FoobarException(
                "CertificateServiceInvalid", ErrorKind.Refused,
                $"{target.Server.Name}: its configuration is refused as it is: {result.OutputText.Trim()}")
        {
            Server = target.Server.Name,
            Recommendation = "Mend the configuration first: haproxy -c or nginx -t on the server tells what is wrong.",
        };
    }

    private static async Task RefuseServerKeysAsync(
        ISiteSession session, IReadOnlyList<ChangeTarget> targets, CertificateMaterial material, CancellationToken cancellationToken)
    {
        foreach (ChangeTarget target in targets.Where(static target => target.ServerKey is not null && target.Files.Count > 0))
        {
            IServerSession server = await session.GetServerAsync(target.Server.Name, cancellationToken);
            CommandResult digest = await server.RunAsync(ChangeScripts.ToDigestKey(target.ServerKey!), cancellationToken);
            ChangeObstacles.RefuseServerKey(target, digest.ExitCode == 0 ? digest.OutputText : null, material);
        }
    }

    private static void Close(string path, DateTimeOffset time)
    {
        using FileJournal journal = FileJournal.Open(path);
        journal.Append([new JournalRecord { Time = time, Event = JournalEvent.End, Name = "end", Text = "Settled by a later change" }]);
    }

    private static string Number(TimeProvider time) => time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);

    private IEnumerable<EndpointState> States() =>
        _changing.SelectMany(static target => target.Endpoints).Concat(_passedThrough).Where(static state => state.Targets.Count > 0);

    private Plan Plan(IReadOnlyDictionary<string, string> elsewhere) => new()
    {
        Kind = Kind,
        Title =
            $"{(_material is null ? "Bring back" : "Install")} the certificate '{Certificate.Subject}' on "
                + $"{string.Join(", ", _changing.Select(static target => target.Server.Name))}",
        Parameters = _changing.Where(static target => target.IsReplaced)
            .ToDictionary(static target => target.Server.Name, static target => target.Id),
        Steps =
        [
            .. new ChangeSteps(_session, () => _material?.ToBytes() ?? [], $"{Environment.UserName} on {Environment.MachineName}")
                .For(_changing, _passedThrough, elsewhere),
        ],
    };

    private CertificateChangePreview Preview(ChangeTarget target, int order) => new()
    {
        Server = target.Server.Name,
        Order = order,
        IsChange = target.IsChange,
        Certificate = Certificate,
        Replaces =
        [
            .. target.Places.Select(static place => place.Leaf)
                .Where(leaf => !target.Expected.Contains(leaf.Sha256Fingerprint))
                .DistinctBy(static leaf => leaf.Sha256Fingerprint),
        ],
        Files = [.. target.Files.Select(static file => $"{file.RealPath} ({What(file)}; {file.Access} kept)")],
        Processes = target.IsReplaced ? ChangeSteps.Processes(target) : [],
        Endpoints =
        [
            .. target.Endpoints.Where(static state => state.Targets.Count > 0)
                .Select(static state => $"{state.Endpoint} ({state.Endpoint.ServerName}) from {state.Way.Name}"),
        ],
        Undoes = target.Back?.Change,
        Notes =
        [
            .. _material?.Notes ?? [], .. target.Notes,
            .. target.IsUnsettled ? (string[])["an earlier change was ended midway here, and is ended first"] : [],
            .. target.IsReplaced && target.Endpoints.All(static state => state.Targets.Count == 0)
                ? (string[])["no endpoint that serves it was found, so nothing is looked at from outside"]
                : [],
        ],
        Refusals =
        [
            .. _refusals.Where(refusal => refusal.Server == target.Server.Name)
                .Select(static refusal => $"{refusal.ErrorId}: {refusal.Message}"),
        ],
    };

    private static string What(PlaceFile file) => (file.Certificates.Count > 0, file.HasKey) switch
    {
        (true, true) => "chain and key",
        (false, _) => "key",
        _ => "chain",
    };
}
