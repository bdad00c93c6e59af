namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults that can't be told to be in force beside others, though they change other things.</summary>
/// <param name="Some">The names of some.</param>
/// <param name="Others">The names of the others: none of these together with one of those.</param>
/// <param name="Reason">Why not.</param>
internal sealed record FaultExclusion(IReadOnlyList<string> Some, IReadOnlyList<string> Others, string Reason)
{
    /// <summary>Whether it is about two faults.</summary>
    public bool IsAbout(string one, string other) =>
        (Some.Contains(one) && Others.Contains(other)) || (Some.Contains(other) && Others.Contains(one));
}

/// <summary>Which faults exclude each other, and why: one hides the other, undoes it, or makes of both a third.</summary>
internal static class FaultExclusions
{
    // What connects the replica to its source anew, or lets it apply again.
    private static readonly string[] Reconnecting =
    [
        "replication-stopped", "replica-not-receiving", "replica-cannot-connect", "replication-delayed", "replication-by-position",
        "replication-filtered",
        "replica-out-of-order", "errant-transaction", "semi-sync-replica-off", "replica-verifies-nobody", "replication-in-plain-text",
        "same-server-id",
    ];

    // What stops the replica, or lets it pass over what has its own id, so that what the primary writes is not on it.
    private static readonly string[] Standstill =
        [
            "replication-stopped", "replica-not-receiving", "replica-cannot-connect", "replication-delayed", "errant-transaction",
            "same-server-id",
        ];

    // What writes on the primary for good.
    private static readonly string[] Written =
    [
        "table-without-transactions", "account-past-the-fence", "failover-left-unfinished", "database-takes-plain-text",
        "application-in-plain-text",
        "replication-in-plain-text", "idle-transaction", "account-without-a-name",
    ];

    // What writes on the replica, and shuts it again.
    private static readonly string[] Shutting =
    [
        "event-on-replica", "routine-on-replica-alone", "replication-grant-missing", "errant-transaction",
    ];

    private static readonly string[] OpenReplica = ["replica-writable", "replica-super-writable"];

    private static readonly string[] ReplicationBlocked =
        [
            "fw-flow-forgotten", "fw-drop-before-accept", "fw-block-list-too-wide", "fw-sender-blocked", "fw-failover-blocked",
            "fw-no-replies",
        ];

    private static readonly string[] SecondWebServerOut =
        ["app-stopped", "nginx-stopped", "health-check-fails", "one-web-server", "restart-forgets", "web-server-in-plain-text"];

    // What puts another certificate into the file that is served.
    private static readonly string[] CertificateFile =
    [
        "certificate-expired", "certificate-expires-soon", "certificate-for-another-name", "certificate-without-intermediate",
        "certificate-of-a-stranger",
        "certificate-missed-its-renewal", "certificate-demands-a-staple", "chain-out-of-order", "chain-superfluous",
        "certificate-not-loaded", "certificates-differ",
        "private-key-of-another-account", "private-key-readable",
    ];

    // What leads whoever ends TLS to another certificate.
    private static readonly string[] OtherCertificate =
        [
            "key-too-short",
            "signature-of-sha1",
            "short-dh-prime",
            "no-forward-secrecy",
            "certificate-revoked",
            "tls-off",
            "default-certificate-of-another-name",
        ];

    // What lets HAProxy, or nginx, read all its files again.
    private static readonly string[] Reloading =
    [
        "tls-10-offered", "suite-without-encryption", "suite-beyond-profile", "handshakes-signed-with-sha1", "hsts-too-short",
        "cookie-without-secure",
        "balancer-verifies-nobody", "balancer-checks-no-name", "admin-socket-gone", "admin-socket-operator", "one-web-server",
        "unknown-web-server", "no-health-check",
        "no-redirect", "no-hsts", "health-check-fails", "web-server-in-plain-text", "nginx-stopped", .. OtherCertificate,
        .. CertificateFile,
    ];

    // What holds in HAProxy until it reads its files again.
    private static readonly string[] UntilReload = ["writes-switched-off", "writes-to-replica", "restart-forgets"];

    // What only a scan of all endpoints sees.
    private static readonly string[] Scanned =
    [
        "tls-10-offered", "suite-without-encryption", "suite-beyond-profile", "short-dh-prime", "no-forward-secrecy",
        "handshakes-signed-with-sha1",
        "hsts-too-short", "cookie-without-secure",
    ];

    /// <summary>The table.</summary>
    public static IReadOnlyList<FaultExclusion> All { get; } =
    [
        new(Reconnecting, Reconnecting, "each starts or stops the replica's threads, which undoes the other"),
        new(["same-server-id"], Reconnecting, "a replica that connects anew with its source's id is refused"),
        new(ReplicationBlocked, Reconnecting, "a connection that is made anew meets the rule that the old one had passed before"),
        new(Standstill, Written, "the replica lacks what the primary writes then, which DB-034 sees"),
        new(["replication-filtered"], Written, "what is filtered may be what was written"),
        new(OpenReplica, Shutting, "it shuts the replica again when it is done"),
        new(OpenReplica, ["role-not-persisted"], "a replica that takes writes has no refusal that could be persisted"),
        new(OpenReplica, OpenReplica, "the first opens what the second opens"),
        new(Shutting, ["role-not-persisted", .. Shutting], "each opens the replica and shuts it again, for good where that is persisted"),
        new(
            ["nobody-takes-writes"],
            [.. Written, .. OpenReplica, .. Shutting, "relaxed-durability", "statement-format"],
            "what writes on the primary fails, and a replica that takes writes is the only one that does"),
        new(
            ["nobody-takes-writes"], ["writes-to-replica", "writes-switched-off"],
            "the write endpoint can't lead to a primary that there is not"),
        new(["nobody-takes-writes"], Standstill, "a member that neither takes writes nor replicates is no replica"),
        new(
            ["quorum-lost", "split-brain"],
            ["application-in-plain-text", "database-takes-plain-text", "account-without-a-name", "account-past-the-fence"],
            "a member without the majority does not tell of its accounts and connections"),
        new(OpenReplica, ["writes-to-replica"], "the write endpoint then leads to a member that takes writes"),
        new(["fw-ports-swapped"], SecondWebServerOut, "no web server is left"),
        new(
            ["nginx-stopped"],
            ["app-stopped", "health-check-fails", "web-server-in-plain-text", "certificates-differ", "component-unwatched"],
            "nobody sees what a program that does not run would do"),
        new(["nginx-stopped"], Reloading, "where TLS ends at nginx, one that does not run can't be told to read its files"),
        new(["nginx-stopped", "web-server-in-plain-text", "tls-off"], Scanned, "an endpoint that speaks no TLS can't be scanned"),
        new(["app-stopped"], ["app-on-all-addresses", "health-check-fails"], "nobody sees what a program that does not run would do"),
        new(["one-web-server"], SecondWebServerOut, "the load balancer does not ask a server that it does not know"),
        new(
            ["no-health-check"],
            ["health-check-fails", "app-stopped", "nginx-stopped", "web-server-in-plain-text"],
            "a check that is not made fails nowhere"),
        new(["restart-forgets"], ["health-check-fails", "app-stopped", "nginx-stopped"], "a server that was taken out is not missed"),
        new(
            ["admin-socket-gone"],
            ["health-check-fails", "app-stopped", "nginx-stopped", "fw-ports-swapped", "nobody-takes-writes", "web-server-in-plain-text"],
            "the load balancer's view of its servers is read by that socket"),
        new(CertificateFile, OtherCertificate, "another certificate is served then, or none"),
        new(["tls-off"], ["hsts-too-short", "cookie-without-secure", "no-hsts"], "there is no HTTPS to be judged"),
        new(["tls-gone-after-reload", "certificate-not-loaded"], Reloading, "what is loaded by the other's change is this one's too"),
        new(UntilReload, Reloading, "HAProxy forgets it when it reads the other's change"),
        new(["certificates-differ"], CertificateFile, "one of the two files is that of the other fault"),
        new(["disk-full"], ["inodes-used-up"], "they fill the same file system, and the second needs what the first takes"),
        new(
            ["agent-stopped", "agent-hangs"],
            [
                "alert-missing", "alert-on-nothing", "alert-on-other-labels", "alert-blind-for-server", "figures-dropped", "rule-fails",
                "scrape-fails",
            ],
            "the alerts and targets of Prometheus depend on what the agent delivers"),
        new(["reports-stand-still"], ["reports-elsewhere", "component-unwatched"], "both are told by what collectd sends"),
        new(
            ["time-not-served"],
            ["fw-network-flow-missing", "fw-hidden-translation"],
            "chrony's flow leads through the firewall that the other changes"),
    ];

    /// <summary>Why two faults can't be in force together; <see langword="null"/> if they can.</summary>
    public static string? Between(Fault one, Fault other) =>
        one.Name == other.Name ? null : All.FirstOrDefault(exclusion => exclusion.IsAbout(one.Name, other.Name))?.Reason;
}
