using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>What the legs of a site must be like.</summary>
public static class LegControls
{
    /// <summary>All controls over the legs, in the order of their ids.</summary>
    public static IReadOnlyList<Control<SiteCase<LegFacts>>> All { get; } =
    [
        New("TLS-040", Severity.High, "Connections to the database and of agents are encrypted",
            "Who listens on the internal network reads every row, every login's proof and what the agents tell of the servers.",
            "Give the application a ca and ssl-mode (VERIFY_IDENTITY), replicas SOURCE_SSL = 1, agents an https address; "
            + "or declare what is meant in policy.tls.database.",
            "MySQL Reference Manual, 8.3.1", JudgeEncryption),
        New("TLS-041", Severity.High, "Who encrypts also verifies whom it talks to",
            "Encrypted but not authenticated keeps out who listens only: who stands in the way takes the server's place and reads all.",
            "HAProxy: server ... ssl verify required ca-file FILE sni str(NAME); replicas: SOURCE_SSL_VERIFY_SERVER_CERT = 1; agents: no "
            + "insecure_skip_verify. For the application set policy.tls.applicationVerifies once its settings verify the database's "
            + "certificate.",
            "RFC 9325, 6.1; HAProxy Configuration Manual, 5.2 verify", JudgeAuthentication),
        New("TLS-042", Severity.Medium, "The database lets nobody in over the network in plain text",
            "Where the client decides, one wrong setting of one client sends its login and its rows in plain text, and nothing fails.",
            "SET PERSIST require_secure_transport = ON (MariaDB: in its configuration too); ALTER USER ... REQUIRE SSL.",
            "MySQL Reference Manual, 8.3.1; MariaDB, Securing Connections for Client and Server", JudgeAdmission),
        New("TLS-043", Severity.High, "What is on the wire is what the configuration says",
            "A leg that is believed to be encrypted and is not, or the other way round, is one whose configuration nobody runs.",
            "Restart or reload what still runs with another configuration, or see who else listens there.", null, JudgeMismatch),
        New("TLS-044", Severity.High, "Both sides show a certificate where the policy asks for it",
            "Without the client's certificate, who reaches the port is taken for the load balancer, or for the application.",
            "nginx: ssl_verify_client on, HAProxy: server ... crt FILE; accounts: REQUIRE X509, replicas: SOURCE_SSL_CERT.",
            "RFC 8446, 4.3.2", JudgeMutual),
        New("TLS-045", Severity.Info, "Each leg exchanges keys that quantum computers can't open",
            "Traffic recorded now can be opened once a quantum computer exists, unless the key exchange holds ML-KEM; inside, too.",
            "Update the server's TLS library to OpenSSL 3.5 or later, whose first group is X25519MLKEM768.", "FIPS 203", JudgeQuantum),
    ];

    private static Control<SiteCase<LegFacts>> New(
        string id, Severity severity, string title, string rationale, string remediation, string? reference,
        Func<SiteCase<LegFacts>, TlsLeg, Verdict?> judge) =>
        new(CertificateControls.Info(id, severity, title, rationale, remediation, reference), site =>
            Each(site, LegSurvey.Of(site), judge));

    private static Control<SiteCase<LegFacts>> New(
        string id, Severity severity, string title, string rationale, string remediation, string? reference,
        Func<SiteCase<LegFacts>, IEnumerable<Verdict>> judge) =>
        new(CertificateControls.Info(id, severity, title, rationale, remediation, reference), judge);

    private static Verdict[] Each(SiteCase<LegFacts> site, IReadOnlyList<TlsLeg> legs, Func<SiteCase<LegFacts>, TlsLeg, Verdict?> judge)
    {
        Verdict[] verdicts = [.. legs
            .Select(leg => judge(site, leg) is { } verdict ? verdict with { Server = leg.Server } : null).OfType<Verdict>()];
        return verdicts.Length > 0 ? verdicts : [Verdict.NotApplicable(actual: "the site has no such leg")];
    }

    // What visitors and web servers are spoken with is TLS-009's and TLS-010's.
    private static Verdict? JudgeEncryption(SiteCase<LegFacts> site, TlsLeg leg) => leg.Kind switch
    {
        LegKind.ClientToBalancer or LegKind.BalancerToWeb => null,
        _ => leg.Rating switch
        {
            LegRating.Local => Verdict.Pass(Target(leg), "it never leaves the server"),
            LegRating.Plain when IsDatabase(leg) && site.Site.Policy.Tls.Database == BackendEncryption.Plain =>
                Verdict.Warning(Target(leg), "TLS", $"plain text, as declared in policy.tls.database: {leg.Seen}", Evidence(leg)),
            LegRating.Plain => Verdict.Fail(
                Target(leg), "TLS", $"plain text: {(leg.OnTheWire == LegState.Plain ? leg.Seen : leg.ConfiguredBy)}", Evidence(leg)),

            // What the client decides and nobody saw may be either.
            LegRating.Unknown or LegRating.Optional => Verdict.Unknown(Target(leg), $"{leg.ConfiguredBy}; {leg.Seen}", Evidence(leg)),
            _ => Verdict.Pass(Target(leg), leg.OnTheWire == LegState.Encrypted ? leg.Seen : leg.ConfiguredBy),
        },
    };

    private static Verdict? JudgeAuthentication(SiteCase<LegFacts> site, TlsLeg leg) => leg.Rating switch
    {
        // A leg in plain text is another control's; visitors' browsers verify by themselves.
        LegRating.Plain or LegRating.Local => null,
        _ when leg.Kind == LegKind.ClientToBalancer => null,
        LegRating.Unauthenticated => Verdict.Fail(
            Target(leg), "the server's certificate is verified", $"encrypted but not authenticated: {leg.ServerVerified.Detail}",
                Evidence(leg)),
        LegRating.Authenticated or LegRating.MutuallyAuthenticated => Verdict.Pass(Target(leg), leg.ServerVerified.Detail),
        _ when leg.ServerVerified.Support == Support.Yes => Verdict.Unknown(
            Target(leg), $"Whether it is encrypted is not known: {leg.ConfiguredBy}; seen: {leg.Seen}.", Evidence(leg)),
        _ => Verdict.Unknown(Target(leg), leg.ServerVerified.Detail ?? leg.ConfiguredBy, Evidence(leg)),
    };

    private static IEnumerable<Verdict> JudgeAdmission(SiteCase<LegFacts> site)
    {
        Server[] members = [.. site.Site.Servers.Where(server => LegSurvey.IsMember(server, site.Site))];
        return members.Length == 0
            ? [Verdict.NotApplicable(actual: "no database is declared")]
            : members.Select(member => JudgeAdmission(member, site) with { Server = member.Name });
    }

    private static Verdict JudgeAdmission(Server member, SiteCase<LegFacts> site)
    {
        const string Evidence = "require_secure_transport, mysql.user: ssl_type";
        Reading<LegFacts>? reading = site.Facts.GetValueOrDefault(member.Name);
        if (reading?.Value?.Database.Value is not { } database)
        {
            return Verdict.Unknown(null, reading?.Failure ?? reading?.Value?.Database.Failure ?? "The server was not looked at.");
        }

        NetworkAccount[] open = [.. (database.Accounts.Value ?? []).Where(static account => !account.RequiresTls)];
        string names = string.Join(", ", open.Select(static account => account.ToString()));
        return database.RequiresTls ? Verdict.Pass(null, "require_secure_transport = ON")
            : database.Accounts.Value is null ? database.Accounts.ToUnknown()
            : site.Site.Policy.Tls.Database == BackendEncryption.Plain
                ? Verdict.Warning(null, "require_secure_transport = ON", "OFF, as plain text is declared in policy.tls.database", Evidence)
            : open.Length > 0 ? Verdict.Fail(null, "require_secure_transport = ON", $"OFF, and {names} may log in without TLS", Evidence)
            : Verdict.Warning(null, "require_secure_transport = ON", "OFF; every account over the network requires TLS by itself",
                Evidence);
    }

    private static Verdict? JudgeMismatch(SiteCase<LegFacts> site, TlsLeg leg) => leg switch
    {
        { Configured: LegState.Local } => null,
        { IsMismatch: true } => Verdict.Fail(
            Target(leg), leg.Configured == LegState.Encrypted ? "TLS, as configured" : "plain text, as configured",
            $"{(leg.OnTheWire == LegState.Plain ? "plain text" : "TLS")}: {leg.Seen}", Evidence(leg)),
        { Configured: LegState.Unknown } => Verdict.Unknown(Target(leg), leg.ConfiguredBy),

        // It counts as plain text whatever is on the wire.
        { Configured: LegState.Plain, OnTheWire: LegState.Unknown } => Verdict.NotApplicable(Target(leg), leg.Seen),

        // What could not be seen is no contradiction where the server refuses everything else.
        { OnTheWire: LegState.Unknown, Kind: LegKind.AppToDatabase or LegKind.Replication,
            Configured: LegState.Encrypted or LegState.Optional } =>
            Verdict.NotApplicable(Target(leg), leg.Seen),
        { OnTheWire: LegState.Unknown, Kind: LegKind.AgentToService } => Verdict.NotApplicable(Target(leg), leg.Seen),
        { OnTheWire: LegState.Unknown } => Verdict.Unknown(Target(leg), leg.Seen),
        _ => Verdict.Pass(Target(leg), leg.Seen),
    };

    private static Verdict? JudgeMutual(SiteCase<LegFacts> site, TlsLeg leg)
    {
        TlsPolicy policy = site.Site.Policy.Tls;
        bool isWanted = leg.Kind switch
        {
            LegKind.BalancerToWeb => policy.Backends == BackendEncryption.MutualTls,
            LegKind.AppToDatabase or LegKind.Replication => policy.Database == BackendEncryption.MutualTls,
            _ => false,
        };
        return !isWanted ? null : leg.Rating switch
        {
            LegRating.MutuallyAuthenticated => Verdict.Pass(Target(leg), leg.ClientVerified.Detail),
            LegRating.Plain or LegRating.Optional =>
                Verdict.Fail(Target(leg), "a certificate of both sides", $"{leg.Rating}: {leg.ConfiguredBy}", Evidence(leg)),
            _ when leg.ClientVerified.Support == Support.No =>
                Verdict.Fail(Target(leg), "a certificate of both sides",
                    $"none of the client is required: {leg.ClientVerified.Detail ?? leg.ConfiguredBy}", Evidence(leg)),
            _ when leg.ServerVerified.Support == Support.No =>
                Verdict.Fail(Target(leg), "a certificate of both sides",
                    $"that of the server is not verified: {leg.ServerVerified.Detail}", Evidence(leg)),
            _ => Verdict.Unknown(
                Target(leg), leg.ClientVerified.Support == Support.Unknown ? leg.ClientVerified.Detail!
                    : leg.ServerVerified.Detail ?? leg.Seen),
        };
    }

    private static Verdict? JudgeQuantum(SiteCase<LegFacts> site, TlsLeg leg) => leg switch
    {
        { Rating: LegRating.Local } or { Kind: LegKind.AgentToService } => null,
        { Rating: LegRating.Plain } => Verdict.NotApplicable(Target(leg), "it is not encrypted"),
        { QuantumKeyExchange.Support: Support.Yes } => Verdict.Pass(Target(leg), leg.Group),
        { QuantumKeyExchange.Support: Support.No } =>
            Verdict.Warning(Target(leg), "X25519MLKEM768", leg.QuantumKeyExchange.Detail ?? "none", Evidence(leg)),
        _ => Verdict.Unknown(Target(leg), leg.QuantumKeyExchange.Detail ?? leg.Seen),
    };

    private static bool IsDatabase(TlsLeg leg) => leg.Kind is LegKind.AppToDatabase or LegKind.Replication;

    private static string Target(TlsLeg leg) => leg.ToString();

    private static string Evidence(TlsLeg leg) => $"configured: {leg.ConfiguredBy}; seen: {leg.Seen}";
}
