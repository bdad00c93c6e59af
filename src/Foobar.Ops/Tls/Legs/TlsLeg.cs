using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>Which part of the way through the site a leg is.</summary>
public enum LegKind : long
{
    /// <summary>From visitors to the load balancer.</summary>
    ClientToBalancer,

    /// <summary>From the load balancer to a web server.</summary>
    BalancerToWeb,

    /// <summary>From the application to a database member, through the load balancer or not.</summary>
    AppToDatabase,

    /// <summary>From a replica to the member that it follows.</summary>
    Replication,

    /// <summary>From a monitoring agent to its service, or from the service to the agent.</summary>
    AgentToService,
}

/// <summary>Whether connections are encrypted.</summary>
public enum LegState : long
{
    /// <summary>It could not be told.</summary>
    Unknown,

    /// <summary>They are not.</summary>
    Plain,

    /// <summary>The client decides.</summary>
    Optional,

    /// <summary>They are.</summary>
    Encrypted,

    /// <summary>They never leave the server.</summary>
    Local,
}

/// <summary>What a leg is worth: the weaker of what is configured and what is on the wire.</summary>
public enum LegRating : long
{
    /// <summary>It could not be told.</summary>
    Unknown,

    /// <summary>Whoever listens reads it.</summary>
    Plain,

    /// <summary>The client decides whether it is encrypted.</summary>
    Optional,

    /// <summary>Encrypted but not authenticated: whoever stands in the way can take the server's place.</summary>
    Unauthenticated,

    /// <summary>Encrypted; whether the server is authenticated could not be told.</summary>
    Encrypted,

    /// <summary>Encrypted, and the client verifies the server.</summary>
    Authenticated,

    /// <summary>Encrypted, and each side verifies the other.</summary>
    MutuallyAuthenticated,

    /// <summary>It never leaves the server.</summary>
    Local,
}

/// <summary>One leg of the ways through the site: who connects to whom, and how well that is protected.</summary>
public sealed record TlsLeg
{
    /// <summary>Which part of the way it is.</summary>
    public required LegKind Kind { get; init; }

    /// <summary>The server that takes the connections, or on which the agent is.</summary>
    public required string Server { get; init; }

    /// <summary>Who connects.</summary>
    public required string From { get; init; }

    /// <summary>To where, with the port where it is known.</summary>
    public required string To { get; init; }

    /// <summary>What the configuration makes of it.</summary>
    public required LegState Configured { get; init; }

    /// <summary>What in the configuration says so, or why it could not be told.</summary>
    public required string ConfiguredBy { get; init; }

    /// <summary>What was seen on the wire: of established connections where their server tells, else of one of ours.</summary>
    public LegState OnTheWire { get; init; }

    /// <summary>What was seen, or why nothing was.</summary>
    public required string Seen { get; init; }

    /// <summary>Whether the client verifies the server.</summary>
    public required Observed ServerVerified { get; init; }

    /// <summary>Whether the server wants a certificate of the client.</summary>
    public required Observed ClientVerified { get; init; }

    /// <summary>What it is worth.</summary>
    public LegRating Rating => OnTheWire switch
    {
        _ when Configured == LegState.Local => LegRating.Local,
        LegState.Plain => LegRating.Plain,
        _ when Configured == LegState.Plain && OnTheWire != LegState.Encrypted => LegRating.Plain,
        LegState.Encrypted => Encryption,
        _ => Configured switch
        {
            LegState.Encrypted => Encryption,
            LegState.Optional => LegRating.Optional,
            _ => LegRating.Unknown,
        },
    };

    /// <summary>The version of TLS; <see langword="null"/> where none was seen.</summary>
    public string? Version { get; init; }

    /// <summary>The cipher suite, by its IANA name; <see langword="null"/> where none was seen.</summary>
    public string? CipherSuite { get; init; }

    /// <summary>The group that the server takes of an offer of all; <see langword="null"/> where none was seen.</summary>
    public string? Group { get; init; }

    /// <summary>The kind of key and the signature of the server's certificate; <see langword="null"/> where none was seen.</summary>
    public string? Signature { get; init; }

    /// <summary>Whether the server exchanges keys so that what is recorded today stays secret (ML-KEM).</summary>
    public required Observed QuantumKeyExchange { get; init; }

    /// <summary>Whether the server proves itself by a signature that a quantum computer can't forge (ML-DSA, SLH-DSA).</summary>
    public required Observed QuantumSignature { get; init; }

    /// <summary>When it was looked at, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>What is configured and what is on the wire contradict each other.</summary>
    public bool IsMismatch => (Configured, OnTheWire) is (LegState.Encrypted, LegState.Plain) or (LegState.Plain, LegState.Encrypted);

    /// <summary>The leg as findings name it.</summary>
    public override string ToString() => $"{From} -> {To}";

    private LegRating Encryption => (ServerVerified.Support, ClientVerified.Support) switch
    {
        (Support.Yes, Support.Yes) => LegRating.MutuallyAuthenticated,
        (Support.Yes, _) => LegRating.Authenticated,
        (Support.No, _) => LegRating.Unauthenticated,
        _ => LegRating.Encrypted,
    };
}
