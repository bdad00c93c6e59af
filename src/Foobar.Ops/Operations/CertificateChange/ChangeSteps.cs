using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// The steps of a certificate change. Files take their places in one go on a server, apart from the session; a kill between
/// any two steps leaves each server with the old files or the new ones, and each process with the old certificate or the new.
/// </summary>
/// <param name="session">The site's connections.</param>
/// <param name="content">What servers are sent: chain and key in PEM; nothing for an undo.</param>
/// <param name="by">Who makes the change.</param>
internal sealed class ChangeSteps(ISiteSession session, Func<byte[]> content, string by)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// All steps: what was left is ended, all is laid ready, server after server is changed and looked at, then what was replaced is kept.
    /// </summary>
    /// <param name="targets">The servers.</param>
    /// <param name="passedThrough">Endpoints of load balancers that pass TLS through to them.</param>
    /// <param name="elsewhere">What was left on servers that are not changed now, by server.</param>
    public IEnumerable<Step> For(
        IReadOnlyList<ChangeTarget> targets, IReadOnlyList<EndpointState> passedThrough, IReadOnlyDictionary<string, string> elsewhere)
    {
        ChangeTarget[] replaced = [.. targets.Where(static target => target.IsReplaced)];
        return
        [
            .. targets.Where(static target => target.IsUnsettled).Select(Settle),
            .. elsewhere.Select(each => Settle(each.Key, [each.Value])),
            .. replaced.Select(Stage),
            .. replaced.SelectMany(Change),
            .. passedThrough.Count > 0 ? (Step[])[Confirm(targets, passedThrough)] : [],
            .. replaced.Select(Keep),
        ];
    }

    private Step Settle(ChangeTarget target) =>
        Settle(target.Server.Name, [.. target.Leftovers.Where(static one => one.State != LeftoverState.Kept).Select(static one => one.Id)]);

    private Step Settle(string server, IReadOnlyList<string> ids) => new()
    {
        Name = $"settle {server}",
        Description = "End an earlier change that was ended midway: its files are kept if all are in place, else the old ones come back",
        Server = server,
        Change = async token =>
        {
            foreach (string id in ids)
            {
                await RunAsync(server, ChangeScripts.ToSettle(id), token);
            }
        },
    };

    private Step Stage(ChangeTarget target) => new()
    {
        Name = $"stage {target.Server.Name}",
        Description = target.Files.Count == 0
            ? "Make ready; all files are as wanted already"
            : $"Lay the new files beside {string.Join(", ", target.Files.Select(static file => file.RealPath))}, and save those",
        Inverse = "Remove what was laid ready",
        Server = target.Server.Name,
        Change = async token =>
        {
            byte[] bytes = content();
            try
            {
                await RunAsync(target.Server.Name, ChangeScripts.ToStage(target, bytes, by), token);
            }
            finally
            {
                Array.Clear(bytes);
            }
        },
        Undo = token => RunAsync(target.Server.Name, ChangeScripts.ToForget(target), token),
    };

    private IEnumerable<Step> Change(ChangeTarget target)
    {
        yield return new Step
        {
            Name = $"install {target.Server.Name}",
            Description = $"Put the files in place if {Checkers(target)} would start with them",
            Inverse = "Put the old files back, and make the running programs serve them",
            Server = target.Server.Name,
            Change = token => RunAsync(target.Server.Name, ChangeScripts.ToInstall(target), token, NotInstalled),
            Undo = token => RestoreAsync(target, token),
            Limit = TimeSpan.FromSeconds(90),
        };
        yield return new Step
        {
            Name = $"activate {target.Server.Name}",
            Description = Activation(target),
            Server = target.Server.Name,
            Change = async token =>
            {
                await RunAsync(target.Server.Name, ChangeScripts.ToActivate(target), token, NotActivated);
                await ReloadDatabaseAsync(target, token);
            },
            Verify = token => LoadedAsync(target, token),
            Limit = TimeSpan.FromSeconds(90),
        };
        if (target.Endpoints.Any(static state => state.Targets.Count > 0))
        {
            yield return Confirm([target], target.Endpoints) with { Name = $"confirm {target.Server.Name}", Server = target.Server.Name };
        }
    }

    private static string Checkers(ChangeTarget target) => string.Join(" and ", (string[])
    [
        .. target.UsesHaproxy ? (string[])["HAProxy"] : [],
        .. target.ReloadsNginx ? (string[])["nginx"] : [],
        .. !target.UsesHaproxy && !target.ReloadsNginx ? (string[])["the programs"] : [],
    ]);

    /// <summary>What becomes of the running programs of a server, in words.</summary>
    public static string Activation(ChangeTarget target) =>
        string.Join("; ", Processes(target).DefaultIfEmpty("No program that runs loads them"));

    /// <summary>What becomes of the running programs of a server, a line each.</summary>
    public static IReadOnlyList<string> Processes(ChangeTarget target) =>
    [
        .. target.Haproxy switch
        {
            HaproxyWay.Swap =>
                (string[])
                [
                    "HAProxy gets it over its socket, from one handshake to the next "
                        + $"({string.Join(", ", target.Swaps.Select(static swap => swap.Name))})",
                ],
            HaproxyWay.Reload => [$"HAProxy is reloaded: {target.WhyReload}"],
            _ => [],
        },
        .. target.ReloadsNginx ? (string[])["nginx is reloaded gracefully"] : [],
        .. target.ReloadsDatabase ? (string[])["the database takes it for new connections"] : [],
    ];

    private static Step Confirm(IReadOnlyList<ChangeTarget> targets, IReadOnlyList<EndpointState> states) => new()
    {
        Name = "confirm site",
        Description =
            $"Look at {string.Join(", ", states.Where(static state => state.Targets.Count > 0).Select(static state => state.Endpoint.ToString()).Distinct())} over fresh handshakes",
        Change = token =>
            EndpointWatch.ConfirmAsync(states, [.. targets.SelectMany(static target => target.Expected).Distinct()], Patience, token),
        Limit = TimeSpan.FromSeconds(90),
    };

    private Step Keep(ChangeTarget target) => new()
    {
        Name = $"keep {target.Server.Name}",
        Description = "Keep what was replaced for -Undo, and remove what the change before kept",
        Server = target.Server.Name,
        Change = token => RunAsync(target.Server.Name, ChangeScripts.ToKeep(target), token),
        PointOfNoReturn = true,
    };

    private Task ReloadDatabaseAsync(ChangeTarget target, CancellationToken cancellationToken) =>
        target.ReloadsDatabase ? DatabaseCertificate.ReloadAsync(session, target.Server, cancellationToken) : Task.CompletedTask;

    // HAProxy itself says what it will serve; an endpoint that can't be reached from outside is judged by this alone.
    private async Task LoadedAsync(ChangeTarget target, CancellationToken cancellationToken)
    {
        if (target.ReloadsDatabase)
        {
            await DatabaseCertificate.ConfirmAsync(session, target.Server, target.Expected, cancellationToken);
        }

        if (target.Haproxy != HaproxyWay.Swap || target.Back is not null)
        {
            return;
        }

        IServerSession server = await session.GetServerAsync(target.Server.Name, cancellationToken);
        (IReadOnlyList<RuntimeCertificate> loaded, _) = await RuntimeCertificate.ReadAsync(server, target.Socket, cancellationToken);

        // Of a kind of key that it has no word for, it tells no fingerprint.
        if (target.Swaps.FirstOrDefault(
            swap =>
                loaded.FirstOrDefault(one => one.Name == swap.Name) is not { } now
                    || (now.Sha1.Length > 0 && now.Sha1 != target.Sha1)) is { } other)
        {
            throw new FoobarException(
                "CertificateNotActivated", ErrorKind.Failed,
                $"{target.Server.Name}: HAProxy took the certificate for {other.Name}, but does not list it.")
                {
                    Server = target.Server.Name,
                };
        }
    }

    private async Task RestoreAsync(ChangeTarget target, CancellationToken cancellationToken)
    {
        IServerSession server = await session.GetServerAsync(target.Server.Name, cancellationToken);
        CommandResult result = await server.RunAsync(ChangeScripts.ToRestore(target), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new FoobarException(
                "CertificateNotRestored", ErrorKind.Failed,
                $"{target.Server.Name}: the old certificate could not be put back: {result.OutputText.Trim()} {result.ErrorText.Trim()}")
            {
                Server = target.Server.Name,
                Recommendation =
                    $"See /var/lib/foobar-ops/certificate/pending.{target.Id} on the server: 'files' names the files, old.1, old.2 ... are "
                        + "their copies.",
            };
        }

        await ReloadDatabaseAsync(target, cancellationToken);
    }

    private static FoobarException NotInstalled(string server, string said) =>
        new("CertificateNotInstalled", ErrorKind.Failed, $"{server}: {said}") { Server = server };

    private static FoobarException NotActivated(string server, string said) =>
        new("CertificateNotActivated", ErrorKind.Failed, $"{server}: {said}") { Server = server };

    private async Task RunAsync(
        string name, RemoteCommand command, CancellationToken cancellationToken, Func<string, string, FoobarException>? refused = null)
    {
        const int Refused = 9;
        IServerSession server = await session.GetServerAsync(name, cancellationToken);
        CommandResult result = await server.RunAsync(command, cancellationToken);
        if (refused is not null && result.ExitCode == Refused)
        {
            throw refused(name, result.OutputText.Trim());
        }

        SessionReadings.Succeeded(result, "a step of the certificate change");
    }
}
