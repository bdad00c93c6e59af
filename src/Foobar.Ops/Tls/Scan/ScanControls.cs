using Foobar.Ops.Findings;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Profiles;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan;

/// <summary>What a scan is judged by.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Profile">The profile that the endpoint must keep.</param>
public sealed record ScanCase(TlsScan Scan, MozillaProfile Profile)
{
    /// <summary>The endpoint as findings name it.</summary>
    internal string Target => Scan.Endpoint.ToString();

    /// <summary>What shows it.</summary>
    internal string Evidence =>
        FormattableString.Invariant($"{Scan.Connections} connections to {Scan.Endpoint}, SNI {Scan.Endpoint.ServerName}");
}

/// <summary>
/// The controls over what an endpoint speaks. They are judged by <c>Test-FoobarTls</c> alone: an audit makes no scan. What
/// could not be told is Unknown, unless what was told fails already.
/// </summary>
public static class ScanControls
{
    private const string Guidelines = "Mozilla, Server Side TLS " + MozillaProfile.GuidelineVersion;

    /// <summary>All controls, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ScanCase>> All { get; } =
    [
        New("TLS-020", Severity.High, "No obsolete version is offered",
            "SSL 2.0 and 3.0 are broken (DROWN, POODLE); TLS 1.0 and 1.1 rest on MD5 and SHA-1 and no browser speaks them any more.",
            "HAProxy: ssl-default-bind-options ssl-min-ver TLSv1.2; nginx: ssl_protocols TLSv1.2 TLSv1.3; "
            + "MySQL: tls_version=TLSv1.2,TLSv1.3.",
            "RFC 6176; RFC 7568; RFC 8996", JudgeVersions),
        New("TLS-021", Severity.High, "No cipher suite offered is broken",
            "Who can choose a suite without encryption or authentication, of export grade, or with RC4, DES or 3DES "
            + "reads or changes what is sent.",
            "Set the suites of the profile: HAProxy ssl-default-bind-ciphers, nginx ssl_ciphers, MySQL ssl_cipher.",
            "RFC 7465; RFC 9325, 4.1", JudgeBroken),
        New("TLS-022", Severity.Medium, "Handshakes keep the profile of the policy",
            "The profile says which clients the site is for; what goes beyond it is attack surface that nobody asked for.",
            "Take the configuration of the profile for your server (ssl-config.mozilla.org), or set policy.tls.profile to what is meant.",
            Guidelines, JudgeProfile),
        New("TLS-023", Severity.High, "Primes of Diffie-Hellman are long enough",
            "A prime of 1024 bits can be broken once for all servers that share it (Logjam).",
            "Leave DHE out of the suites, or set a prime of 2048 bits or more: HAProxy ssl-dh-param-file, nginx ssl_dhparam.",
            "RFC 9325, 4.2; RFC 7919", JudgePrimes),
        New("TLS-024", Severity.Medium, "Every cipher suite is forward secret",
            "Without it, who gets the certificate's key one day reads all that was recorded before.", "Offer suites with ECDHE alone.",
            "RFC 9325, 4.1", JudgeForwardSecrecy),
        New("TLS-025", Severity.High, "Renegotiation is bound to the handshake before",
            "Else an attacker puts a request of his own before that of a visitor.",
            "Update the TLS library; it has been the default since 2010.", "RFC 5746",
            static at => JudgeFlag(at, at.Scan.SecureRenegotiation, wanted: Support.Yes, "secure renegotiation (RFC 5746)")),
        New("TLS-026", Severity.High, "Nothing compresses inside TLS", "The length of what is compressed gives cookies away (CRIME).",
            "Update the TLS library, or switch its compression off.", "RFC 7525, 3.3",
            static at => JudgeFlag(at, at.Scan.Compression, wanted: Support.No, "no compression")),
        New("TLS-027", Severity.Medium, "A forced downgrade is noticed",
            "An attacker who breaks connections makes clients fall back to the weakest version on offer.",
            "Update the TLS library: TLS_FALLBACK_SCSV and the mark of TLS 1.3 are its defaults.", "RFC 7507; RFC 8446, 4.1.3",
            JudgeDowngrade),
        New("TLS-028", Severity.Info, "What is recorded today stays secret from quantum computers",
            "Traffic recorded now can be opened once a quantum computer exists, unless the key exchange holds ML-KEM.",
            "Update to OpenSSL 3.5 or later, whose first group is X25519MLKEM768.", Guidelines + "; FIPS 203", JudgeQuantum),
        New("TLS-029", Severity.Low, "Versions and extensions of the future are passed over",
            "A server that breaks on what it does not know keeps clients from their next version, or loses them.",
            "Update the TLS library or the appliance before it.", "RFC 8701; RFC 8446, 4.1.2", JudgeTolerance),
        New("TLS-030", Severity.Low, "No data is taken before the handshake",
            "0-RTT data can be sent again by whoever recorded it; what it asks for is then done twice.",
            "HAProxy: leave allow-0rtt out; nginx: ssl_early_data off; or refuse with 425 what is not safe to repeat.",
            "RFC 8446, 8; RFC 8470", static at => JudgeFlag(at, at.Scan.EarlyData, wanted: Support.No, "no early data", isWarning: true)),
        New("TLS-031", Severity.Medium, "No handshake is signed with SHA-1 or MD5",
            "Such a signature can be forged, and with it the server.",
            "Raise the TLS library's security level, or set its signature algorithms "
            + "(HAProxy: sigalgs; nginx: ssl_conf_command SignatureAlgorithms).",
            "RFC 9155", JudgeSignatures),
        New("TLS-050", Severity.Medium, "Plain HTTP leads to HTTPS on the same host at once",
            "Who types the name alone must not be served in plain text; and a first hop to another host keeps HSTS of this one from being seen.",
            "HAProxy: http-request redirect scheme https code 301; nginx: return 301 https://$host$request_uri.",
            "RFC 9110, 15.4.2; hstspreload.org", HttpJudge.Redirect),
        New("TLS-051", Severity.Medium, "Browsers are told, for long enough, to use HTTPS alone",
            "Without HSTS, or with one that is forgotten soon, the first request of a visit goes out in plain text and can be turned aside.",
            "http-response set-header Strict-Transport-Security \"max-age=63072000; includeSubDomains\"", "RFC 6797", HttpJudge.Hsts),
        New("TLS-052", Severity.Medium, "Cookies go over TLS alone",
            "A cookie without Secure is sent in plain text with the first request to http, and with it the session.",
            "Set-Cookie: NAME=VALUE; Secure; HttpOnly; SameSite=Lax", "RFC 6265, 4.1.2.5", HttpJudge.Cookies),
    ];

    /// <summary>Judges a scan.</summary>
    public static IReadOnlyList<Finding> Judge(ScanCase at, Func<ControlInfo, bool> holds) =>
        [.. All.Where(control => holds(control.Info)).SelectMany(control => control.Apply(at, at.Scan.Server, at.Scan.Time))];

    private static Control<ScanCase> New(
        string id, Severity severity, string title, string rationale, string remediation, string reference,
        Func<ScanCase, Verdict> judge) =>
        new(CertificateControls.Info(id, severity, title, rationale, remediation, reference), at => [judge(at)]);

    private static Verdict JudgeVersions(ScanCase at)
    {
        ProtocolOffer[] obsolete = [.. at.Scan.Protocols.Where(
            protocol => protocol.Version < TlsVersion.Tls12 && !at.Profile.Versions.Contains(protocol.Version))];
        return Decide(
            at,
            [
                .. obsolete.Where(static protocol => protocol.Offered.Support == Support.Yes)
                    .Select(static protocol => protocol.Version.Text()),
            ],
            "none of SSL 2.0 to TLS 1.1",
            string.Join(", ", at.Scan.Offered),
            obsolete.FirstOrDefault(static protocol => protocol.Offered.Support == Support.Unknown) is { } unknown ? Why(unknown) : null);
    }

    private static Verdict JudgeBroken(ScanCase at) => Decide(
        at,
        [.. Suites(at).Where(suite => suite.Weakness is not null && !at.Profile.Allows(suite)).Select(
            static suite => $"{suite} ({suite.Weakness})")],
        "no suite that is broken", FormattableString.Invariant($"{Suites(at).Length} suites"), Incomplete(at));

    private static Verdict JudgeProfile(ScanCase at)
    {
        MozillaProfile profile = at.Profile;
        ProtocolOffer[] offered = [.. at.Scan.Offered];
        string[] beyond =
        [
            .. offered.Where(protocol => !profile.Versions.Contains(protocol.Version)).Select(static protocol => protocol.Version.Text()),
            .. Suites(at).Where(suite => !profile.Allows(suite)).Select(static suite => suite.Name),
            .. profile.NeedsOrder
                ? offered.Where(static protocol => protocol.Order == SuiteOrder.Client)
                .Select(static protocol => $"no order of its own in {protocol.Version.Text()}") : [],
            .. at.Scan.Certificate is { } leaf && !profile.KeyAlgorithms.Contains(leaf.KeyAlgorithm)
                ? [$"a certificate with a key of {leaf.KeyAlgorithm}"] : Array.Empty<string>(),
        ];
        return Decide(at, beyond, $"the profile {profile.Name} ({Guidelines})", $"the profile {profile.Name} is kept", Incomplete(at));
    }

    private static Verdict JudgePrimes(ScanCase at)
    {
        int least = at.Profile.PrimeBits;
        return at.Scan.PrimeBits.Count == 0 && Incomplete(at) is null
            ? Verdict.NotApplicable(at.Target, "no suite with finite fields is offered")
            : Decide(
                at, [.. at.Scan.PrimeBits.Where(bits => bits < least).Select(static bits => FormattableString.Invariant($"{bits} bits"))],
                    FormattableString.Invariant($"{least} bits or more"),
                string.Join(", ", at.Scan.PrimeBits.Select(static bits => FormattableString.Invariant($"{bits} bits"))), Incomplete(at));
    }

    private static Verdict JudgeForwardSecrecy(ScanCase at)
    {
        CipherSuite[] without = [.. Suites(at).Where(static suite => !suite.IsForwardSecret)];
        Verdict verdict = Decide(
            at, [.. without.Select(static suite => suite.Name)], "suites with ECDHE or DHE", "every suite is forward secret",
            Incomplete(at));
        return verdict.Status == FindingStatus.Fail && without.All(at.Profile.Allows)
            ? Verdict.Warning(at.Target, verdict.Expected!, $"{verdict.Actual}, as the profile {at.Profile.Name} allows", verdict.Evidence)
            : verdict;
    }

    private static Verdict JudgeDowngrade(ScanCase at)
    {
        Observed mark = at.Scan.DowngradeMark, fallback = at.Scan.FallbackProtection;
        return mark.Support == Support.Yes || fallback.Support == Support.Yes
            ? Verdict.Pass(at.Target, mark.Support == Support.Yes ? "marked in the random number" : "TLS_FALLBACK_SCSV is heeded")
            : mark.Support == Support.Unknown ? Verdict.Unknown(at.Target, mark.Detail ?? "not told")
            : fallback.Support switch
            {
                Support.Unknown => Verdict.Unknown(at.Target, fallback.Detail ?? "not told"),
                Support.NotApplicable => Verdict.NotApplicable(at.Target, fallback.Detail),
                _ => Verdict.Fail(at.Target, "alert inappropriate_fallback", fallback.Detail ?? "a fallback is taken", at.Evidence),
            };
    }

    private static Verdict JudgeQuantum(ScanCase at)
    {
        OfferedList<NamedGroup> groups = at.Scan.Groups;
        NamedGroup[] safe = [.. groups.Items.Where(static group => group.IsQuantumSafe)];
        return safe.Length > 0 ? Verdict.Pass(at.Target, string.Join(", ", safe.Select(static group => group.Name)))
            : (groups.Incomplete ?? Incomplete(at)) is { } why ? Verdict.Unknown(at.Target, why)
            : Verdict.Warning(at.Target, "X25519MLKEM768", groups.Items.Count == 0 ? "no group" : groups.ToString(), at.Evidence);
    }

    private static Verdict JudgeTolerance(ScanCase at)
    {
        Observed[] both = [at.Scan.VersionTolerance, at.Scan.ExtensionTolerance];
        return both.FirstOrDefault(static one => one.Support == Support.No) is { } broken
            ? Verdict.Fail(at.Target, "an answer as without them", broken.Detail ?? "none", at.Evidence)
            : both.FirstOrDefault(static one => one.Support == Support.Unknown) is { } unknown
                ? Verdict.Unknown(at.Target, unknown.Detail ?? "not told")
            : both.All(static one => one.Support == Support.NotApplicable) ? Verdict.NotApplicable(at.Target, both[0].Detail)
            : Verdict.Pass(at.Target, "passed over");
    }

    private static Verdict JudgeSignatures(ScanCase at) => Decide(
        at, [.. at.Scan.SignaturesTls12.Items.Where(static scheme => scheme.IsWeak).Select(static scheme => scheme.Name)],
            "SHA-256 or better", "none is", at.Scan.SignaturesTls12.Incomplete ?? Incomplete(at));

    private static Verdict JudgeFlag(ScanCase at, Observed observed, Support wanted, string expected, bool isWarning = false) =>
        observed.Support switch
    {
        Support.Unknown => Verdict.Unknown(at.Target, observed.Detail ?? "not told"),
        Support.NotApplicable => Verdict.NotApplicable(at.Target, observed.Detail),
        _ when observed.Support == wanted => Verdict.Pass(at.Target, expected),
        _ when isWarning => Verdict.Warning(at.Target, expected, observed.Detail ?? $"{observed.Support}", at.Evidence),
        _ => Verdict.Fail(at.Target, expected, observed.Detail ?? $"not so: {observed.Support}", at.Evidence),
    };

    /// <summary>Fails with what should not be there; is Unknown where there may be more.</summary>
    private static Verdict Decide(ScanCase at, string[] wrong, string expected, string actual, string? incomplete) =>
        wrong.Length > 0 ? Verdict.Fail(at.Target, expected, string.Join(", ", wrong), at.Evidence)
        : incomplete is not null ? Verdict.Unknown(at.Target, incomplete, at.Evidence)
        : Verdict.Pass(at.Target, actual);

    private static CipherSuite[] Suites(ScanCase at) => [.. at.Scan.Offered.SelectMany(static protocol => protocol.Suites).Distinct()];

    /// <summary>Why there may be more versions or suites; <see langword="null"/> if all are known.</summary>
    private static string? Incomplete(ScanCase at) => at.Scan.Protocols
        .Select(static protocol =>
            protocol.Offered.Support == Support.Unknown ? Why(protocol)
            : protocol.SuitesIncomplete is { } why ? $"{protocol.Version.Text()}: it {why}"
            : null)
        .FirstOrDefault(static why => why is not null);

    private static string Why(ProtocolOffer protocol) => $"{protocol.Version.Text()}: it {protocol.Offered.Detail}";
}
