using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>Whether replicas replicate, from whom, how far behind, and how safely.</summary>
internal static class LinkControls
{
    public static Control<SiteCase<ReplicationFacts>> Replicates { get; } = OfFact(
        Info(
            "DB-003", Severity.High, "Every member that is no primary replicates", "What is not replicated is lost with the primary.",
            "Look at the error and remove its cause; then START REPLICA (START SLAVE on MariaDB), or let Repair-FoobarReplication bring "
                + "the member back."),
        facts => facts.Channels,
        (member, channels) => channels.Count > 0
            ? channels.Select(channel => JudgeThreads(member, channel))
            : [member.Role switch
            {
                MemberRole.Fenced => Verdict.Fail(null, "replicates from the primary", "replicates from none, and takes no writes"),
                _ => Verdict.NotApplicable(actual: $"is {member.Role}"),
            }]);

    public static Control<SiteCase<ReplicationFacts>> Lag { get; } = OfFact(
        Info(
            "DB-004", Severity.High, "Replicas keep up",
            "A replica that lags serves old data, and a failover to it waits or loses what it lacks.",
            "Look for a long transaction, a table without a primary key, a slow disk, or too few parallel appliers."),
        facts => facts.Channels,
        (member, channels) =>
            channels.Count == 0
                ? [Verdict.NotApplicable(actual: "replicates from none")]
                : member.Links.SelectMany(link => JudgeLags(member, link)));

    public static Control<SiteCase<ReplicationFacts>> Errant { get; } = OfLinks(
        Info(
            "DB-005", Severity.High, "Replicas have no transactions of their own",
            "A transaction that only a replica has appears on the primary's place at a failover, or breaks replication then because its "
                + "log is gone.",
            "Stop replication on the replica, then Repair-FoobarReplication: it saves the transactions to a file and copies the replica "
                + "afresh from the primary. If they must be kept, apply them on the primary."),
        (_, link) => link.Errant switch
        {
            null => Verdict.Unknown(Target(link), "the source's transactions could not be read"),
            "" => Verdict.Pass(Target(link), "none"),
            string errant => Verdict.Fail(Target(link), "no transactions that the source lacks", errant),
        });

    public static Control<SiteCase<ReplicationFacts>> AppliesAll { get; } = OfLinks(
        Info(
            "DB-013", Severity.High, "Replicas apply everything, at once",
            "What a filter leaves out is missing after a failover; a delay is waited for in every failover.",
            "Remove the replicate_* filters, the source's binlog_do_db and binlog_ignore_db, and the delay (a delayed copy belongs on a "
                + "server that is no candidate); errors are neither skipped nor papered over: replica_skip_errors = OFF, replica_exec_mode "
                + "= STRICT (slave_ on MariaDB). Then copy the replica afresh.",
            "MySQL Reference Manual, How Servers Evaluate Replication Filtering Rules"),
        (member, link) => link.Channel switch
        {
            _ when SourceFilters(member, link) is { Value: { Count: > 0 } filters } =>
                Verdict.Fail(Target(link), "a source that logs every database", string.Join(", ", filters)),
            _ when member.Facts.Apply.Value is { Lenient: { Count: > 0 } lenient } =>
                Verdict.Fail(Target(link), "what can't be applied stops it", string.Join(", ", lenient)),

            { Filters.Count: > 0 } channel => Verdict.Fail(Target(link), "no filter", string.Join(", ", channel.Filters)),
            { DelaySeconds: > 0 } channel => Verdict.Fail(Target(link), "no delay", $"applies {channel.DelaySeconds} s late"),
            { NotUnderstood: [{ } why, ..] } => Verdict.Unknown(Target(link), why),
            _ when SourceFilters(member, link) is { Value: null, Failure: var why } =>
                Verdict.Unknown(Target(link), $"whether the source logs every database could not be read: {why}"),
            _ when member.Facts.Apply.Value is null =>
                Verdict.Unknown(Target(link), $"whether errors are skipped could not be read: {member.Facts.Apply.Failure}"),
            _ => Verdict.Pass(Target(link), "no filter, no delay"),
        });

    public static Control<SiteCase<ReplicationFacts>> Encrypted { get; } = OfLinks(
        Info(
            "DB-014", Severity.Medium, "Replication is encrypted",
            "Every row goes over the replication connection, and so does the account's login.",
            "CHANGE REPLICATION SOURCE TO SOURCE_SSL = 1, SOURCE_SSL_VERIFY_SERVER_CERT = 1 (MASTER_SSL on MariaDB)."),
        (member, link) => link.Channel switch
        {
            { Tls: true, TlsVerified: true } => Verdict.Pass(Target(link), "TLS, certificate verified"),
            { Tls: true } => Verdict.Warning(Target(link), "TLS with the source's certificate verified", "TLS, certificate not verified"),
            _ when member.Site.Policy.Tls.Backends == BackendEncryption.Plain =>
                Verdict.Warning(Target(link), "TLS", "plaintext, as declared for what is behind the load balancer"),
            _ => Verdict.Fail(Target(link), "TLS", "plaintext"),
        });

    public static Control<SiteCase<ReplicationFacts>> AutoPosition { get; } = OfLinks(
        Info(
            "DB-028", Severity.High, "Replicas find their place by GTID",
            "A replica that follows file names and offsets can't be pointed at another source without risk.",
            "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1 (MASTER_USE_GTID = slave_pos on MariaDB)."),
        (_, link) => link.Channel.AutoPosition
            ? Verdict.Pass(Target(link), "by GTID")
            : Verdict.Fail(Target(link), "by GTID", "by file and offset"));

    private static Control<SiteCase<ReplicationFacts>> OfLinks(ControlInfo info, Func<MemberCase, ReplicationLink, Verdict> judge) =>
        OfFact(
            info,
            facts => facts.Channels,
            (member, channels) =>
                channels.Count == 0
                    ? [Verdict.NotApplicable(actual: "replicates from none")]
                    : member.Links.Select(link => judge(member, link)));

    // A source that is no member of the site is told of elsewhere.
    private static Reading<IReadOnlyList<string>>? SourceFilters(MemberCase member, ReplicationLink link) =>
        link.Source is { } source && member.Topology.Facts(source) is { Refusal: null } facts ? facts.LogFilters : null;

    private static string Target(ReplicationLink link) => Target(link.Channel, link.Source);

    private static string Target(ReplicationChannel channel, string? source) =>
        $"from {source ?? channel.SourcePlace}{(channel.Name.Length > 0 ? $" ({channel.Name})" : "")}";

    private static Verdict JudgeThreads(MemberCase member, ReplicationChannel channel)
    {
        string? source = member.Links.FirstOrDefault(link => link.Channel == channel)?.Source;
        string target = Target(channel, source);
        if (channel.Replicates)
        {
            return source is null
                ? Verdict.Warning(target, "a source that is a member of the site", $"{channel.SourcePlace} is none")
                : Verdict.Pass(target, $"both threads run{Dependence(member, source)}");
        }

        string errors = string.Join("; ", new[] { channel.ReceiverError, channel.ApplierError }.Where(error => error is not null));
        return Verdict.Fail(
            target, "both threads run",
            $"receiver {channel.Receiver}, applier {channel.Applier}{CutOff(member, source)}",
            errors.Length > 0 ? errors : null);
    }

    // Of a chain: without the member in between it gets nothing.
    private static string Dependence(MemberCase member, string source) =>
        member.Topology.Links.FirstOrDefault(link => link.Replica == source) is { Source: { } above }
            ? $"; it depends on {source}, which replicates from {above}"
            : "";

    private static string CutOff(MemberCase member, string? source) =>
        source is not null
            && member.Topology.Failure(source) is not null
            && member.Topology.Members.Any(other => other.Name != source && member.Topology.RoleOf(other.Name) == MemberRole.Primary)
            ? $"; its source {source} does not answer, and is not the primary: Repair-FoobarReplication -Server {member.Member.Name} lets "
                + "it follow the primary"
            : "";

    // A replica of a replica that lags is as old as that, however near to it.
    private static IEnumerable<Verdict> JudgeLags(MemberCase member, ReplicationLink link)
    {
        yield return JudgeLag(member, link);
        if (link.Source is { } source
            && member.Topology.PrimaryOf(member.Member.Name) is { } primary
            && primary != source
            && member.Topology.LinkTo(member.Member.Name, primary) is { } whole)
        {
            yield return JudgeLag(member, whole) with { Target = $"from {primary} by way of {source}" };
        }
    }

    private static Verdict JudgeLag(MemberCase member, ReplicationLink link)
    {
        string missing = link.BacklogTransactions is { } backlog ? $", {Text(backlog)} transactions missing" : "";
        return link switch
        {
            { BacklogTransactions: null } => Verdict.Unknown(Target(link), "the source's transactions could not be read"),
            { LagSeconds: null, Channel.Replicates: false } =>
                Verdict.Fail(Target(link), $"at most {Text(member.Policy.MaxLagSeconds)} s", $"not replicating{missing}"),
            { LagSeconds: null } =>
                Verdict.Warning(Target(link), $"at most {Text(member.Policy.MaxLagSeconds)} s", $"for how long can't be told{missing}"),
            { LagSeconds: { } lag } when lag > member.Policy.MaxLagSeconds =>
                Verdict.Fail(Target(link), $"at most {Text(member.Policy.MaxLagSeconds)} s", $"{Text(lag)} s{missing}"),
            { LagSeconds: { } lag } => Verdict.Pass(Target(link), $"{Text(lag)} s{missing}"),
        };
    }
}
