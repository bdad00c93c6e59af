using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>A member of a cluster that a move talks to; all that differs between Group Replication and Galera.</summary>
/// <param name="session">The connection to it.</param>
internal abstract class ClusterNode(IDatabaseSession session)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>The connection.</summary>
    public IDatabaseSession Session { get; } = session;

    /// <summary>The member's name.</summary>
    public string Name => Session.Server;

    /// <summary>Makes one.</summary>
    public static ClusterNode Of(ClusterKind kind, IDatabaseSession session) =>
        kind == ClusterKind.Galera ? new GaleraNode(session) : new GroupNode(session);

    /// <summary>How far it has committed, in the cluster's own order.</summary>
    public abstract Task<string> CommittedAsync(CancellationToken cancellationToken);

    /// <summary>Waits until it has committed all that another member had.</summary>
    /// <param name="position">What <see cref="CommittedAsync"/> said there.</param>
    /// <param name="limit">For how long.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it has.</returns>
    public abstract Task<bool> ReachAsync(string position, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Sees that it can serve: in the majority, in step, ready.</summary>
    /// <exception cref="FoobarException"><c>MemberNotInStep</c>: it can't.</exception>
    public abstract Task EnsureServesAsync(CancellationToken cancellationToken);

    /// <summary>The members that stand in the way of an election: a group elects only while all its members can be reached.</summary>
    public virtual Task<string> UnreachableAsync(CancellationToken cancellationToken) => Task.FromResult("");

    /// <summary>Waits until nothing stands in the way of an election: a group expels a member that is gone after a while.</summary>
    /// <exception cref="FoobarException"><c>MemberNotInStep</c>: something still does after the limit.</exception>
    public async Task EnsureElectableAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        long began = Session.Time.GetTimestamp();
        while (await UnreachableAsync(cancellationToken) is { Length: > 0 } unreachable)
        {
            if (Session.Time.GetElapsedTime(began) > limit)
            {
                throw NotInStep(
                    $"the group can't reach {unreachable} and has not expelled it (group_replication_member_expel_timeout), and elects "
                        + "nobody meanwhile");
            }

            await Task.Delay(LookAgain, Session.Time, cancellationToken);
        }
    }

    /// <summary>Whether it takes writes; every member of Galera that serves does.</summary>
    public virtual Task<bool> TakesWritesAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Lets the group elect a primary; in Galera there is none to elect.</summary>
    /// <param name="primary">The server's UUID.</param>
    /// <param name="patience">How long transactions of the old primary may still run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public virtual Task ElectAsync(Guid primary, TimeSpan patience, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The error for a member that can't serve.</summary>
    protected FoobarException NotInStep(string state) =>
        new("MemberNotInStep", ErrorKind.Failed, $"{Name}: it can't take writes now: {state}.")
        {
            Server = Name,
            Recommendation = "Look at Get-FoobarReplication and Test-FoobarReplication -Control DB-026, DB-038.",
        };
}

/// <summary>A member of a Galera cluster: its order is a sequence number of one history.</summary>
/// <param name="session">The connection to it.</param>
internal sealed class GaleraNode(IDatabaseSession session) : ClusterNode(session)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private const string Position = "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid', 'wsrep_last_committed')";

    private const string State =
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready')";

    public override async Task<string> CommittedAsync(CancellationToken cancellationToken)
    {
        ServerVariables status = new(await Session.QueryAsync(Position, null, cancellationToken), Position);
        return string.Create(
            CultureInfo.InvariantCulture, $"{status.Require("wsrep_cluster_state_uuid")}:{status.RequireNumber("wsrep_last_committed")}");
    }

    public override async Task<bool> ReachAsync(string position, TimeSpan limit, CancellationToken cancellationToken)
    {
        long began = Session.Time.GetTimestamp();
        while (ClusterPosition.Missing(ClusterKind.Galera, position, await CommittedAsync(cancellationToken)).Length > 0)
        {
            if (Session.Time.GetElapsedTime(began) > limit)
            {
                return false;
            }

            await Task.Delay(Pause, Session.Time, cancellationToken);
        }

        return true;
    }

    public override async Task EnsureServesAsync(CancellationToken cancellationToken)
    {
        ServerVariables status = new(await Session.QueryAsync(State, null, cancellationToken), State);
        if (status.Text("wsrep_cluster_status") != "Primary"
            || status.Text("wsrep_local_state_comment") != "Synced"
            || status.Flag("wsrep_ready") != true)
        {
            throw NotInStep(
                $"{status.Text("wsrep_cluster_status")}, {status.Text("wsrep_local_state_comment")}, wsrep_ready = "
                    + $"{status.Text("wsrep_ready")}");
        }
    }
}

/// <summary>A member of a group: its order is told by GTIDs.</summary>
/// <param name="session">The connection to it.</param>
internal sealed class GroupNode(IDatabaseSession session) : ClusterNode(session)
{
    private const string State = """
        SELECT MEMBER_STATE AS state, (SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE MEMBER_STATE IN ('ONLINE', 'RECOVERING')) * 2 >
            (SELECT COUNT(*) FROM performance_schema.replication_group_members) AS quorum
        FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid
        """;

    private const string PrimaryUuid =
        "SELECT MEMBER_ID AS id FROM performance_schema.replication_group_members WHERE MEMBER_ROLE = 'PRIMARY'";

    public override async Task<string> CommittedAsync(CancellationToken cancellationToken) =>
        ((await Session.QueryAsync("SELECT @@global.gtid_executed AS gtids", null, cancellationToken))[0].Text("gtids") ?? "")
            .Replace("\n", "", StringComparison.Ordinal);

    // A second more than asked for, so that the server's own limit comes first.
    public override async Task<bool> ReachAsync(string position, TimeSpan limit, CancellationToken cancellationToken) =>
        (await Session.QueryAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT WAIT_FOR_EXECUTED_GTID_SET(@position, {Math.Max(1, Math.Ceiling(limit.TotalSeconds)):0}) AS value"),
            new Dictionary<string, object?> { ["position"] = position }, cancellationToken))[0].Number("value") == 0;

    public override async Task EnsureServesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> rows = await Session.QueryAsync(State, null, cancellationToken);
        if (rows is not [{ } own] || own.Text("state") != "ONLINE" || own.Number("quorum") != 1)
        {
            throw NotInStep(
                rows.Count == 0
                    ? "in no group"
                    : $"{rows[0].Text("state")}, {(rows[0].Number("quorum") == 1 ? "in the majority" : "without a majority")}");
        }
    }

    public override async Task<string> UnreachableAsync(CancellationToken cancellationToken) => string.Join(
        ", ",
        (await Session.QueryAsync(
            "SELECT MEMBER_HOST AS host FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'UNREACHABLE'",
            null, cancellationToken))
            .Select(static row => row.Text("host")));

    public override async Task<bool> TakesWritesAsync(CancellationToken cancellationToken) =>
        (await Session.QueryAsync("SELECT @@global.super_read_only AS value", null, cancellationToken))[0].Number("value") == 0;

    public override async Task ElectAsync(Guid primary, TimeSpan patience, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> now = await Session.QueryAsync(PrimaryUuid, null, cancellationToken);
        if (now is [{ } only] && Guid.TryParse(only.Text("id"), out Guid current) && current == primary)
        {
            return;
        }

        // Running transactions get that long; then their clients are disconnected (MySQL Reference Manual,
        // group_replication_set_as_primary()).
        await Session.QueryAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SELECT group_replication_set_as_primary('{primary}', {Math.Clamp(Math.Ceiling(patience.TotalSeconds), 1, 3600):0}) AS told"), null, cancellationToken);
        now = await Session.QueryAsync(PrimaryUuid, null, cancellationToken);
        if (now is not [{ } elected] || !Guid.TryParse(elected.Text("id"), out Guid id) || id != primary)
        {
            throw new FoobarException(
                "NotElected", ErrorKind.Failed, $"{Name}: the group did not make {primary} its primary.")
                {
                    Server = Name,
                    Recommendation = "Look at Get-FoobarReplication, and at the error log of that member.",
                };
        }
    }
}
