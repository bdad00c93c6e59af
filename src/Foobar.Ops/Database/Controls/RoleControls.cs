using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>Who takes writes, now and after a restart.</summary>
internal static class RoleControls
{
    public static Control<SiteCase<ReplicationFacts>> Answers { get; } = new(
        Info(
            "DB-001", Severity.Critical, "Every database member answers",
            "A member that does not answer serves nobody and can take over from nobody.",
            "Look at the database's unit and its error log; start it again."),
        facts => facts.Site.Policy.Database is { } policy
            ? facts.Site.WithRole(policy.Members)
                .Select(member => Answer(member, facts.Facts.GetValueOrDefault(member.Name)))
                .DefaultIfEmpty(Verdict.NotApplicable())
            : [Verdict.NotApplicable(actual: "the inventory declares no database")]);

    public static Control<SiteCase<ReplicationFacts>> Writers { get; } = OfSite(
        Info(
            "DB-002", Severity.Critical, "As many members take writes as are declared",
            "Two primaries that do not know of each other take writes that contradict each other, and neither can be thrown away; with "
                + "none the site can't write.",
            "With too many, set super_read_only (read_only on MariaDB) on all but the right one at once; with none, find out why, and lift "
                + "super_read_only (read_only on MariaDB) on the one that holds the most."),
        CountWriters);

    public static Control<SiteCase<ReplicationFacts>> ReplicasRefuse { get; } = OfFact(
        Info(
            "DB-006", Severity.High, "Replicas refuse writes",
            "A write on a replica makes an errant transaction: the replica silently differs, and breaks or loses data when it is promoted.",
            "MySQL: SET PERSIST super_read_only = ON. MariaDB: SET GLOBAL read_only = 1 and read_only = 1 in the configuration.",
            "MySQL Reference Manual, super_read_only"),
        facts => facts.Guard,
        (member, guard) => member.Role switch
        {
            MemberRole.Replica when guard.SuperReadOnly == false =>
                [Verdict.Fail("super_read_only", "ON on a replica", "OFF: accounts with SUPER or CONNECTION_ADMIN can write")],
            MemberRole.WritableReplica => [Verdict.Fail("read_only", "ON on a replica", "OFF: every account can write")],
            MemberRole.Replica => [Verdict.Pass(actual: "refuses writes")],
            _ => [Verdict.NotApplicable(actual: $"is {member.Role}")],
        });

    public static Control<SiteCase<ReplicationFacts>> RolesPersist { get; } = OfFact(
        Info(
            "DB-007", Severity.High, "Roles survive a restart",
            "SET GLOBAL is forgotten at a restart: a replica comes back writable beside the primary, or a primary comes back refusing "
                + "writes.",
            "MySQL: SET PERSIST super_read_only (or read_only) to what the role needs. MariaDB: write read_only into a file of its "
                + "configuration."),
        facts => facts.Guard,
        JudgePersisted);

    public static Control<SiteCase<ReplicationFacts>> FenceBinds { get; } = OfFact(
        Info(
            "DB-029", Severity.High,
            "A fence binds every account that comes over the network",
            "read_only does not bind these accounts, so what they write while writes are moved is lost or becomes an errant transaction; "
                + "MySQL's super_read_only binds them, but not where read_only alone is set.",
            "Take the privilege from accounts that an application or a job uses; who operates the database logs in on its server.",
            "MariaDB Knowledge Base, READ ONLY ADMIN; MySQL Reference Manual, read_only"),
        facts => facts.Privileged,
        (member, accounts) =>
        {
            List<PrivilegedAccount> remote = [.. accounts.Where(account => account is { IsLocal: false, Host.Length: > 0 })];
            return member.Clustered ? [Verdict.NotApplicable(actual: "is in a cluster")]
                : remote.Count == 0 ? [Verdict.Pass(actual: $"{accounts.Count} such accounts, none over the network")]
                : remote.Select(
                    account => Verdict.Fail(
                        $"'{account.User}'@'{account.Host}'", "none of SUPER, CONNECTION_ADMIN, READ ONLY ADMIN",
                        string.Join(", ", account.Privileges)));
        });

    public static Control<SiteCase<ReplicationFacts>> NoneOpen { get; } = OfFact(
        Info(
            "DB-042", Severity.Critical, "No account without a name or a password can log in over the network",
            "Whoever reaches the port is in, by any name where the account has none; an account of every host is reached from each server "
                + "that a flow lets through, the load balancer among them.",
            "DROP USER ''@'HOST'; give each other account a password (ALTER USER ... IDENTIFIED BY), or lock it (ACCOUNT LOCK).",
            "MySQL Reference Manual, Securing the Initial MySQL Account; MariaDB Knowledge Base, mariadb-secure-installation"),
        facts => facts.OpenAccounts,
        (_, accounts) =>
        {
            OpenAccount[] remote = [.. accounts.Where(static account => account is { IsLocal: false, NeedsCertificate: false })];
            return remote.Length == 0
                ? [Verdict.Pass(
                    actual: accounts.Count == 0 ? "none" : $"{accounts.Count} on the server itself or with a certificate alone")]
                : remote.Select(
                    static account => Verdict.Fail(
                        $"'{account.User}'@'{account.Host}'", "a name and a password",
                        string.Join(
                            ", ", new[] { account.User.Length == 0 ? "no name" : null, account.Plugin.Length > 0 ? "no password" : null }
                                .OfType<string>()),
                        "mysql.user"));
        });

    public static Control<SiteCase<ReplicationFacts>> ReadersDeclared { get; } = OfFact(
        Info(
            "DB-032", Severity.Medium, "Every replica is declared",
            "A replica that the inventory does not name is left at the old primary by a switchover, and may acknowledge semi-synchronous "
                + "commits in place of the one that is to take over.",
            "Add its server to the inventory with the members' role; or, if it is a program that reads the log, point it at the new "
                + "primary after each failover yourself."),
        facts => facts.Readers,
        (member, readers) => readers.Where(reader => !member.Topology.Declares(member.Member, reader))
            .Select(
                reader => Verdict.Fail(
                    $"'{reader.User}' from {reader.Host}", "a member of the inventory",
                    $"reads the binary log on connection {reader.ConnectionId}, and is none"))
            .DefaultIfEmpty(Verdict.Pass(actual: $"{readers.Count} read the binary log")));

    private static Verdict Answer(Server member, Reading<ReplicationFacts>? reading) => (reading switch
    {
        null => Verdict.Unknown(null, "its facts were not collected"),
        { Failure: { } failure } => Verdict.Unknown(null, $"{failure.TrimEnd('.')}. Nothing else of it can be judged.", reading.Source),
        { Value: { Refusal: { } refusal, IsLoginRefused: true } } =>
            Verdict.Unknown(
                null, $"It answers, and refuses the login, so that nothing else of it can be judged: {refusal.TrimEnd('.')}.",
                reading.Source) with
            {
                Remediation = "Log in as an account that it lets in (-DatabaseCredential, or the operator's own account of the server). "
                    + "The database itself runs.",
            },
        { Value.Refusal: { } refusal } =>
            Verdict.Fail(null, "answers", $"does not answer, so that nothing else of it can be judged: {refusal.TrimEnd('.')}"),
        _ => Verdict.Pass(actual: "answers"),
    }) with { Server = member.Name };

    private static IEnumerable<Verdict> CountWriters(ReplicationTopology topology, DatabasePolicy policy)
    {
        List<string> writers = [.. topology.Writers.Select(writer => writer.Name)];
        List<string> unknown =
        [
            .. topology.Members.Where(member => topology.Facts(member.Name)?.Guard.Value is null).Select(member => member.Name),
        ];
        string actual = writers.Count == 0
            ? "none takes writes"
            : $"{string.Join(", ", writers)} {(writers.Count == 1 ? "takes" : "take")} writes";
        string expected = policy.Writers == 1 ? "1 member takes writes" : $"{policy.Writers} members take writes";
        if (ClusterParts.Members(topology) is [{ Facts.Kind: ClusterKind.Galera }, ..])
        {
            // All of its members take writes; what is declared is to how many of them they are led.
            return [writers.Count >= policy.Writers ? Verdict.Pass("writers", actual)
                : unknown.Count > 0 ? Verdict.Unknown("writers", $"{actual}, but {string.Join(", ", unknown)} could not be asked")
                : Verdict.Fail("writers", expected, actual)];
        }

        if (writers.Count > policy.Writers)
        {
            return [Verdict.Fail("writers", expected, actual)];
        }

        return unknown.Count > 0
            ? [Verdict.Unknown("writers", $"{actual}, but {string.Join(", ", unknown)} could not be asked")]
            : [writers.Count == policy.Writers ? Verdict.Pass("writers", actual) : Verdict.Fail("writers", expected, actual)];
    }

    private static IEnumerable<Verdict> JudgePersisted(MemberCase member, WriteGuard guard)
    {
        switch (member.Role)
        {
            case MemberRole.ClusterMember or MemberRole.Unknown:
                return [Verdict.NotApplicable(actual: $"is {member.Role}")];
            case MemberRole.Primary when guard.PersistedReadOnly is { } later:
                return [later
                    ? Verdict.Warning(
                        "read_only", "a primary that takes writes after a restart", "it will refuse them: read_only is configured ON")
                    : Verdict.Pass("read_only", "takes writes after a restart too")];
            case not MemberRole.Primary when guard.PersistedReadOnly is { } later
                && (guard.SuperReadOnly is null || guard.PersistedSuperReadOnly is not null):
                return [later && guard.PersistedSuperReadOnly != false
                    ? Verdict.Pass("read_only", "refuses writes after a restart too")
                    : Verdict.Fail(
                        guard.SuperReadOnly is null ? "read_only" : "super_read_only",
                        "ON after a restart",
                        "OFF after a restart: it will come back writable beside the primary")];
            default:
                return [Verdict.Unknown("read_only", "what the server would be started with could not be read (mysqld --print-defaults)")];
        }
    }
}
