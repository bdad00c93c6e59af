using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Bench;

/// <summary>
/// A planned switchover as a careful administrator writes it down: fence, point the endpoint away, wait for the last
/// transaction, promote, point the endpoint at it; the old primary and the other replicas follow afterwards.
/// </summary>
internal sealed class HandSwitchover(RaisedLab lab)
{
    private bool MySql => lab.Plan.Options.Database == DatabaseFlavour.MySql;

    /// <summary>Moves writes.</summary>
    public async Task RunAsync(IHand hand, string old, string candidate, IEnumerable<string> others, CancellationToken cancel)
    {
        // What he does first anyway, and what opens his connections.
        await WaitAsync(hand, candidate, (await hand.SqlAsync(old, Position, cancel))[0], cancel);
        await hand.BalancerAsync("show stat", cancel);

        await hand.BalancerAsync($"set server mysql-write/{old} state maint", cancel);
        IReadOnlyList<string> last = await hand.SqlAsync(
            old, $"SET GLOBAL {(MySql ? "super_read_only" : "read_only")} = ON; {Position}", cancel);
        await WaitAsync(hand, candidate, last[0], cancel);
        await hand.SqlAsync(candidate, $"{(MySql ? "" : "STOP REPLICA; ")}SET GLOBAL read_only = OFF", cancel);
        await hand.BalancerAsync($"set server mysql-write/{candidate} state ready", cancel);

        await hand.SqlAsync(candidate, "STOP REPLICA; RESET REPLICA ALL", cancel);
        await hand.SqlAsync(old, Follow(candidate), cancel);
        foreach (string other in others)
        {
            await hand.SqlAsync(other, $"STOP REPLICA; {Follow(candidate)}", cancel);
        }
    }

    private string Position => MySql ? "SELECT REPLACE(@@global.gtid_executed, '\\n', '')" : "SELECT @@global.gtid_binlog_pos";

    private Task<IReadOnlyList<string>> WaitAsync(IHand hand, string server, string position, CancellationToken cancel) =>
        hand.SqlAsync(
            server, MySql ? $"SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', 60)" : $"SELECT MASTER_GTID_WAIT('{position}', 60)", cancel);

    private string Follow(string source)
    {
        string host = $"{lab.Plan.Find(source).Links[0].V4}";
        string password = lab.Plan.Secrets.Replication;
        return MySql
            ? $"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{host}', SOURCE_USER = 'repl', SOURCE_PASSWORD = '{password}', "
                + "SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400, SOURCE_SSL = 1, SOURCE_SSL_CA = "
                + "'/etc/mysql/tls/ca.pem', SOURCE_SSL_VERIFY_SERVER_CERT = 1; START REPLICA"
            : $"CHANGE MASTER TO MASTER_HOST = '{host}', MASTER_USER = 'repl', MASTER_PASSWORD = '{password}', MASTER_USE_GTID = "
                + "slave_pos, MASTER_DEMOTE_TO_SLAVE = 1, MASTER_CONNECT_RETRY = 1, MASTER_SSL = 1, MASTER_SSL_CA = "
                + "'/etc/mysql/tls/ca.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1; START SLAVE";
    }
}
