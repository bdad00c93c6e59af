using Foobar.Ops.Inventory;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>How a running HAProxy gets another certificate.</summary>
internal enum HaproxyWay
{
    /// <summary>It does not run, or serves none of the certificates.</summary>
    None,

    /// <summary>Over its admin socket, in a transaction.</summary>
    Swap,

    /// <summary>By a reload.</summary>
    Reload,
}

/// <summary>A certificate as the running HAProxy is told of it.</summary>
/// <param name="Name">The name that HAProxy knows it by.</param>
/// <param name="Certificate">The file with the certificate.</param>
/// <param name="Key">The file with the key, if it is another; else empty.</param>
internal sealed record HaproxySwap(string Name, string Certificate, string Key);

/// <summary>One server of a certificate change, with all that was learnt of it before anything is changed.</summary>
internal sealed record ChangeTarget
{
    /// <summary>After this time nobody goes on with a change that was begun, and another one may end it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    /// <summary>The server.</summary>
    public required Server Server { get; init; }

    /// <summary>The change's own number on the server.</summary>
    public required string Id { get; init; }

    /// <summary>The places that get the new certificate.</summary>
    public IReadOnlyList<CertificatePlace> Places { get; init; } = [];

    /// <summary>The files that are written: those whose content is another, each once.</summary>
    public IReadOnlyList<PlaceFile> Files { get; init; } = [];

    /// <summary>
    /// The SHA-256 fingerprints that an endpoint or a database may serve afterwards: the new one, or those that are brought back.
    /// </summary>
    public IReadOnlyList<string> Expected { get; init; } = [];

    /// <summary>The SHA-1 fingerprint of the certificate, by which HAProxy names it.</summary>
    public string Sha1 { get; init; } = "";

    /// <summary>How HAProxy gets it.</summary>
    public HaproxyWay Haproxy { get; init; }

    /// <summary>Why HAProxy is reloaded; <see langword="null"/> if it is not.</summary>
    public string? WhyReload { get; init; }

    /// <summary>Whether HAProxy's configuration names a place.</summary>
    public bool UsesHaproxy => Places.Any(static place => place.Program == CertificateProgram.Haproxy);

    /// <summary>
    /// The certificate of which a change over the socket was begun by somebody and not committed; <see langword="null"/> for none.
    /// </summary>
    public string? OpenTransaction { get; init; }

    /// <summary>The path of HAProxy's admin socket.</summary>
    public string Socket { get; init; } = "";

    /// <summary>The files of HAProxy's configuration.</summary>
    public IReadOnlyList<string> HaproxyFiles { get; init; } = [];

    /// <summary>What HAProxy is told over its socket.</summary>
    public IReadOnlyList<HaproxySwap> Swaps { get; init; } = [];

    /// <summary>Whether a running nginx serves a place.</summary>
    public bool ReloadsNginx { get; init; }

    /// <summary>Whether a running database serves a place.</summary>
    public bool ReloadsDatabase { get; init; }

    /// <summary>The key's path on the server; <see langword="null"/> if it is sent.</summary>
    public string? ServerKey { get; init; }

    /// <summary>The change that is undone; <see langword="null"/> for a new certificate.</summary>
    public KeptCertificates? Back { get; init; }

    /// <summary>What earlier changes have left.</summary>
    public IReadOnlyList<Leftover> Leftovers { get; init; } = [];

    /// <summary>What its endpoints served before.</summary>
    public IReadOnlyList<EndpointState> Endpoints { get; init; } = [];

    /// <summary>What a person must know, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether an endpoint serves another certificate than it is to.</summary>
    public bool ServesOther =>
        Endpoints.Any(
            endpoint => endpoint.Served.Any(served => endpoint.IsTarget(served) && !Expected.Contains(served.Leaf.Sha256Fingerprint)));

    /// <summary>Whether the running HAProxy has another certificate loaded than it is to.</summary>
    public bool LoadedOther { get; init; }

    /// <summary>Whether files or running processes are to be changed.</summary>
    public bool IsReplaced => Places.Count > 0 && (Files.Count > 0 || ServesOther || LoadedOther);

    /// <summary>Whether an earlier change was ended midway here.</summary>
    public bool IsUnsettled => Leftovers.Any(static leftover => leftover.State != LeftoverState.Kept);

    /// <summary>Whether anything is to be changed.</summary>
    public bool IsChange => IsReplaced || IsUnsettled;
}

/// <summary>What an endpoint served to clients that verify one kind of key, when it was asked by one name.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Way">From where it was reached.</param>
/// <param name="Served">What it served.</param>
/// <param name="Targets">The SHA-256 fingerprints of what is to be replaced there.</param>
internal sealed record EndpointState(TlsEndpoint Endpoint, EndpointWay Way, IReadOnlyList<ServedLeaf> Served, IReadOnlyList<string> Targets)
{
    /// <summary>Whether it shook hands with a client of TLS 1.2 alone; not asked where nothing is to be replaced.</summary>
    public bool SpeaksTls12 { get; init; }

    /// <summary>Whether a certificate is one of those that are to be replaced.</summary>
    public bool IsTarget(ServedLeaf served) => Targets.Contains(served.Leaf.Sha256Fingerprint);
}

/// <summary>A certificate that was served to a client that verifies one kind of key.</summary>
/// <param name="Kind">The kind of key.</param>
/// <param name="Leaf">The certificate.</param>
internal sealed record ServedLeaf(string Kind, Certificate Leaf);

/// <summary>A way to an endpoint.</summary>
/// <param name="Name">From where: a server, a vantage, this machine.</param>
/// <param name="ConnectAsync">Opens a connection.</param>
internal sealed record EndpointWay(string Name, Func<string, int, CancellationToken, Task<Stream>> ConnectAsync);
