using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Learns all a certificate change must know. Changes nothing.</summary>
/// <param name="session">The site's connections.</param>
/// <param name="options">How the change is made.</param>
/// <param name="id">The change's number.</param>
internal sealed class ChangePreparation(ISiteSession session, CertificateChangeOptions options, string id)
{
    // What HAProxy takes over its socket at once: its buffer (tune.bufsize), less what it reserves.
    private const int MostPayload = 15000;

    private readonly EndpointWatch _watch = new(session);

    /// <summary>What a new certificate would change on a server.</summary>
    public async Task<ChangeTarget> ReadAsync(Server server, CertificateMaterial material, CancellationToken cancellationToken)
    {
        Ground ground = await GroundAsync(server, cancellationToken);
        IReadOnlyList<CertificatePlace> places = PlaceChoice.Choose(material.Leaf, ground.Places, options.Places);
        bool IsOld(CertificatePlace place) => !place.File.Certificates.SequenceEqual(material.Chain, ByteComparer.Instance);
        PlaceFile[] files = [.. places.Where(IsOld).SelectMany(static place => place.Files).DistinctBy(static file => file.RealPath)];
        ChangeTarget target = Target(server, ground, places) with
        {
            Files = files,
            Expected = [material.Leaf.Sha256Fingerprint],
            ServerKey = options.ServerKey,
        };
        return places.Count == 0
            ? target
            : await LearnAsync(target, ground, Sha1(material.Chain[0]), material.ToSize(), material.Leaf, cancellationToken);
    }

    /// <summary>What an undo would change on a server; without places if nothing is kept there.</summary>
    /// <exception cref="FoobarException">What is kept can't be read.</exception>
    public async Task<(ChangeTarget Target, Certificate? Leaf)> ReadUndoAsync(Server server, CancellationToken cancellationToken)
    {
        Ground ground = await GroundAsync(server, cancellationToken);
        Leftover? last = ground.Leftovers.Where(static one => one.State is LeftoverState.Kept or LeftoverState.Installed)
            .MaxBy(static one => one.Time);
        if (last is null)
        {
            return (Target(server, ground, []), null);
        }

        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        KeptCertificates kept = KeptCertificates.Parse(
            last,
            SessionReadings.Succeeded(await connection.RunAsync(ChangeScripts.ToReadKept(last.Id), cancellationToken)).OutputText,
            server.Name);
        IReadOnlyList<PlaceFile> copies = await FilesAsync(connection, kept.Files.Select(static file => file.Copy), cancellationToken);
        CertificatePlace[] places = [.. ground.Places.Where(place => kept.Files.Any(file => file.RealPath == place.File.RealPath))];
        byte[][] leaves =
        [
            .. copies.Where(static copy => copy.Certificates.Count > 0)
                .Select(static copy => copy.Certificates[0])
                .DistinctBy(Convert.ToHexString),
        ];
        if (leaves.Length == 0)
        {
            throw new ParseException(server.Name, "what the last certificate change kept", 1, "expected a certificate, found none");
        }

        Certificate[] read = [.. leaves.Select(Read)];

        // In the order of the copies, which are put back by it.
        PlaceFile[] files =
        [
            .. kept.Files.Select(
                file =>
                    ground.Files.FirstOrDefault(one => one.RealPath == file.RealPath)
                        ?? new PlaceFile { Path = file.RealPath, RealPath = file.RealPath, Access = "" }),
        ];
        ChangeTarget target = Target(server, ground, places) with
        {
            Back = kept,
            Files = files,
            Expected = [.. read.Select(static leaf => leaf.Sha256Fingerprint)],
        };
        return (await LearnAsync(target, ground, Sha1(leaves[0]), 0, read[0], cancellationToken), read[0]);
    }

    /// <summary>What load balancers serve that pass TLS through to the servers that are changed.</summary>
    public async Task<IReadOnlyList<EndpointState>> PassedThroughAsync(
        IReadOnlyList<ChangeTarget> targets, Certificate leaf, CancellationToken cancellationToken)
    {
        HashSet<string> replaced = [.. targets.SelectMany(static target => target.Endpoints).SelectMany(static state => state.Targets)];
        List<EndpointState> states = [];
        foreach (Server balancer in session.Site.WithRole(Role.LoadBalancer)
            .Where(balancer => targets.All(target => target.Server != balancer || target.Places.Count == 0)))
        {
            IServerSession connection = await session.GetServerAsync(balancer.Name, cancellationToken);
            IReadOnlyList<TlsEndpoint> endpoints = EndpointWatch.Endpoints(
                balancer, await SocketsAsync(connection, cancellationToken), [session.Site.Policy.Tls.Port], PlaceChoice.ServerNames(
                    leaf, session.Site.Name));
            states.AddRange(await LookAsync(balancer, endpoints, served => replaced.Contains(served.Sha256Fingerprint), cancellationToken));
        }

        return [.. states.Where(static state => state.Targets.Count > 0)];
    }

    private async Task<IReadOnlyList<EndpointState>> LookAsync(
        Server server, IReadOnlyList<TlsEndpoint> endpoints, Predicate<Certificate> isTarget, CancellationToken cancellationToken)
    {
        IReadOnlyList<EndpointState> states = await _watch.LookAsync(server, endpoints, isTarget, cancellationToken);
        return options.AcceptLostClients ? [.. states.Select(static state => state with { SpeaksTls12 = false })] : states;
    }

    private ChangeTarget Target(Server server, Ground ground, IReadOnlyList<CertificatePlace> places) => new()
    {
        Server = server,
        Id = $"{id}-{server.Name.ToLowerInvariant()}",
        Places = places,
        Leftovers = ground.Leftovers,
        HaproxyFiles = ground.HaproxyFiles,
        Socket = session.Site.Policy.LoadBalancing.AdminSocket,
        Notes = ground.Doubts,
        ReloadsDatabase = places.Any(static place => place.Program == CertificateProgram.Database),
        ReloadsNginx = places.Any(static place => place.Program == CertificateProgram.Nginx) && Runs(ground, "nginx"),
    };

    private async Task<ChangeTarget> LearnAsync(
        ChangeTarget target, Ground ground, string sha1, int size, Certificate leaf, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(target.Server.Name, cancellationToken);
        (target, IReadOnlyList<string> loaded) = await WithHaproxyAsync(target, ground, connection, sha1, size, cancellationToken);
        HashSet<string> replaced = [.. target.Places.Select(static place => place.Leaf.Sha256Fingerprint), .. target.Expected];
        IReadOnlyList<TlsEndpoint> endpoints = EndpointWatch.Endpoints(
            target.Server, ground.Sockets, ground.Ports, PlaceChoice.ServerNames(leaf, session.Site.Name));

        // A process may serve what no file holds any more: it was not reloaded since. Such a one is known by its names.
        bool IsTarget(Certificate served) => replaced.Contains(served.Sha256Fingerprint)
            || (options.Places.Count == 0 && PlaceChoice.Names(served).Any() && PlaceChoice.Lost(served, leaf).Count == 0
                && target.Places.Any(place => place.Leaf.KeyAlgorithm == served.KeyAlgorithm)
                && !ground.Places.Any(place => place.Leaf.Sha256Fingerprint == served.Sha256Fingerprint && !target.Places.Contains(place)));
        return target with
        {
            Endpoints = await LookAsync(target.Server, endpoints, IsTarget, cancellationToken),
            LoadedOther = loaded.Any(one => one != sha1),
            Sha1 = sha1,
        };
    }

    private static async Task<(ChangeTarget Target, IReadOnlyList<string> Loaded)> WithHaproxyAsync(
        ChangeTarget target, Ground ground, IServerSession connection, string sha1, int size, CancellationToken cancellationToken)
    {
        CertificatePlace[] places = [.. target.Places.Where(static place => place.Program == CertificateProgram.Haproxy)];
        if (places.Length == 0 || !Runs(ground, "haproxy"))
        {
            return (target, []);
        }

        ChangeTarget Reload(string why) => target with { Haproxy = HaproxyWay.Reload, WhyReload = why };
        try
        {
            string level = await HaproxySocket.LevelAsync(connection, target.Socket, cancellationToken);
            if (level != "admin")
            {
                return (Reload($"its socket has the level {level}, not admin"), []);
            }

            (IReadOnlyList<RuntimeCertificate> loaded, string? open) = await RuntimeCertificate.ReadAsync(
                connection, target.Socket, cancellationToken);
            target = target with { OpenTransaction = open };
            (CertificatePlace Place, RuntimeCertificate? Loaded)[] joined =
            [
                .. places.Select(place => (place, loaded.FirstOrDefault(one => IsFrom(one, place)))),
            ];
            IReadOnlyList<string> fingerprints =
            [
                .. joined.Select(static each => each.Loaded?.Sha1).OfType<string>().Where(static one => one.Length > 0),
            ];
            return joined.FirstOrDefault(static each => each.Loaded is null).Place is { } missing
                ? (Reload($"it does not list {missing.File.Path} among its certificates"), fingerprints)
                : places.Any(static place => place.File.Extras.Count > 0)
                    ? (Reload("an OCSP response or timestamps of the old certificate lie beside it"), fingerprints)
                : size > MostPayload ? (Reload("chain and key are too large for its socket"), fingerprints)
                : (target with
                {
                    Haproxy = HaproxyWay.Swap,
                    Swaps =
                    [
                        .. joined.Select(
                            static each => new HaproxySwap(each.Loaded!.Name, each.Place.File.Path, each.Place.KeyFile?.Path ?? "")),
                    ],
                }, fingerprints);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return (Reload($"its socket can't be used ({error.Message.TrimEnd('.')})"), []);
        }
    }

    private static bool IsFrom(RuntimeCertificate loaded, CertificatePlace place) =>
        loaded.Name == place.File.Path || loaded.File == place.File.Path
            || (loaded.Name.StartsWith('@') && loaded.Sha1 == place.Sha1);

    private async Task<Ground> GroundAsync(Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<IReadOnlyList<ListeningSocket>> sockets = SocketsAsync(connection, cancellationToken);
        Task<CommandResult> left = connection.RunAsync(ChangeScripts.ToLook(), cancellationToken);
        Task<Reading<NginxDirective>> nginx = NginxFiles.ReadAsync(connection, cancellationToken);
        (CertificatePlaces haproxy, IReadOnlyList<string> haproxyFiles) = await HaproxyAsync(connection, cancellationToken);
        CertificatePairs pairs = new CertificatePairs().With(CertificateProgram.Haproxy, haproxy);
        if ((await nginx).TryGet(out NginxDirective? directives))
        {
            pairs.With(CertificateProgram.Nginx, NginxCertificates.Of(directives));
        }
        else
        {
            pairs.Doubts.Add((await nginx).Failure!);
        }

        if (server.Is(Role.Database))
        {
            await AddDatabaseAsync(pairs, server, cancellationToken);
        }

        IReadOnlyList<PlaceFile> files = await FilesAsync(
            connection, pairs.All.SelectMany(static pair => pair.Keys.Append(pair.Certificate)), cancellationToken);
        (IReadOnlyList<CertificatePlace> places, IReadOnlyList<string> doubts) = CertificatePlace.Of(pairs.All, files);
        return new Ground
        {
            Places = places,
            Files = files,
            Sockets = await sockets,
            Ports = pairs.Ports,
            HaproxyFiles = haproxyFiles,
            Leftovers = Leftover.Parse(SessionReadings.Succeeded(await left).OutputText, server.Name),
            Doubts = [.. pairs.Doubts, .. doubts],
        };
    }

    private async Task AddDatabaseAsync(CertificatePairs pairs, Server server, CancellationToken cancellationToken)
    {
        try
        {
            if (await DatabaseCertificate.ReadAsync(session, server, cancellationToken) is { } pair)
            {
                pairs.All.Add(pair);
            }
        }
        catch (FoobarException error)
        {
            pairs.Doubts.Add($"the database's certificate was not looked at: {error.Message}");
        }
    }

    private static async Task<(CertificatePlaces Places, IReadOnlyList<string> Files)> HaproxyAsync(
        IServerSession connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<HaproxyFile> files = await HaproxyFiles.ReadAsync(connection, cancellationToken);
        return (await CertificateFileSearch.OfHaproxyAsync(
            connection, HaproxySection.Of(files), cancellationToken), [.. files.Select(static file => file.Path)]);
    }

    private static async Task<IReadOnlyList<PlaceFile>> FilesAsync(
        IServerSession connection, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        string[] named = [.. paths.Distinct()];
        return named.Length == 0 ? [] : PlaceFile.Parse(SessionReadings.Succeeded(
            await connection.RunAsync(
                RemoteCommand.FromScript(PlaceFile.Script, named) with
                {
                    Privileged = true,
                }, cancellationToken), PlaceFile.Source).OutputText);
    }

    private static async Task<IReadOnlyList<ListeningSocket>> SocketsAsync(
        IServerSession connection, CancellationToken cancellationToken) => SocketParser.Parse(
            SessionReadings.Succeeded(
                await connection.RunAsync(RemoteCommand.FromScript(SocketParser.Source) with { Privileged = true }, cancellationToken),
                SocketParser.Source).OutputText);

    private static bool Runs(Ground ground, string program) => ground.Sockets.Any(socket => socket.Processes.Contains(program));

    private static string Sha1(byte[] der)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
        return certificate.GetCertHashString(HashAlgorithmName.SHA1);
    }

    private static Certificate Read(byte[] der)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
        return CertificateReader.Read(certificate);
    }

    /// <summary>What stands on a server.</summary>
    private sealed record Ground
    {
        public required IReadOnlyList<CertificatePlace> Places { get; init; }

        public required IReadOnlyList<PlaceFile> Files { get; init; }

        public required IReadOnlyList<ListeningSocket> Sockets { get; init; }

        public required IReadOnlyCollection<int> Ports { get; init; }

        public required IReadOnlyList<string> HaproxyFiles { get; init; }

        public required IReadOnlyList<Leftover> Leftovers { get; init; }

        public required IReadOnlyList<string> Doubts { get; init; }
    }
}
