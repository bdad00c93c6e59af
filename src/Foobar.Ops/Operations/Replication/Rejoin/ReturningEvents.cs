using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>
/// Scheduled events on a member that comes back. An old primary still has its own enabled, and a fresh copy those of the
/// primary: they must not run there. MySQL's <c>super_read_only</c> keeps them from writing; on MariaDB <c>read_only</c> does
/// not bind a definer with READ ONLY ADMIN, so that the scheduler stands still until the member has what the primary says of
/// its events.
/// </summary>
/// <param name="site">The site's connections.</param>
/// <param name="name">The member.</param>
/// <param name="flavor">The flavour.</param>
internal sealed class ReturningEvents(ISiteSession site, string name, DatabaseFlavor flavor)
{
    private const string StopScript = """
        set -e
        for directory in /etc/mysql/mariadb.conf.d /etc/my.cnf.d /etc/mysql/conf.d none; do
            if [ -d "$directory" ]; then break; fi
        done
        umask 022
        printf '# Written by Foobar.Ops while this member comes back as a replica.\n[mariadbd]\nevent_scheduler = OFF\n' > "$directory/zz-foobar-return.cnf"
        """;

    // Debian has the tables of a fresh copy upgraded after its first start, which leaves the scheduler as it found it.
    private const string LiftScript = """
        for try in $(seq 150); do
            busy=
            for entry in /proc/[0-9]*/comm; do
                read -r name 2>/dev/null < "$entry" || continue
                case $name in debian-start|mariadb-upgrade|mysql_upgrade) busy=1; break;; esac
            done
            [ -n "$busy" ] || break
            sleep 0.4
        done
        rm -f -- /etc/mysql/mariadb.conf.d/zz-foobar-return.cnf /etc/my.cnf.d/zz-foobar-return.cnf /etc/mysql/conf.d/zz-foobar-return.cnf
        PATH="$PATH:/usr/sbin:/usr/libexec:/usr/local/sbin"
        mariadbd --print-defaults
        """;

    private bool _ran;

    /// <summary>Lets its scheduler stand still, now if its database runs, and at every start.</summary>
    /// <param name="machine">Its machine.</param>
    /// <param name="running">Its database; <see langword="null"/> if that does not run.</param>
    /// <param name="token">Cancels.</param>
    public async Task StopAsync(IServerSession machine, DatabaseMember? running, CancellationToken token)
    {
        if (flavor != DatabaseFlavor.MariaDb)
        {
            return;
        }

        SessionReadings.Succeeded(
            await machine.RunAsync(RemoteCommand.FromScript(StopScript) with { Privileged = true }, token), "write zz-foobar-return.cnf");
        if (running is not null && await running.EventSchedulerAsync(token) == "ON")
        {
            await running.SetEventSchedulerAsync(false, token);
            _ran = true;
        }
    }

    /// <summary>Sees that it has no event enabled that came with a copy, and lets its scheduler run again.</summary>
    /// <param name="machine">Its machine.</param>
    /// <param name="copied">Whether it is a fresh copy.</param>
    /// <param name="token">Cancels.</param>
    public async Task SettleAsync(IServerSession machine, bool copied, CancellationToken token)
    {
        await using IDatabaseSession database = await site.OpenDatabaseAsync(name, token);
        DatabaseMember member = DatabaseMember.Of(database);
        if (copied)
        {
            await DisableAsync(member, machine, token);
        }

        if (flavor != DatabaseFlavor.MariaDb)
        {
            return;
        }

        CommandResult defaults = SessionReadings.Succeeded(
            await machine.RunAsync(
                RemoteCommand.FromScript(LiftScript) with { Privileged = true, TimeLimit = TimeSpan.FromSeconds(100) }, token),
            "remove zz-foobar-return.cnf");
        if ((_ran || ServerOptions.Parse(defaults.OutputText).Flag("event_scheduler")) && await member.EventSchedulerAsync(token) == "OFF")
        {
            await member.SetEventSchedulerAsync(true, token);
        }
    }

    private async Task DisableAsync(DatabaseMember member, IServerSession machine, CancellationToken token)
    {
        ScheduledEvent[] enabled = [.. (await member.EventsAsync(token)).Values.Where(one => one.Status == EventStatus.Enabled)];
        if (enabled.Length == 0)
        {
            return;
        }

        await member.AdmitOperatorsAsync(token);
        try
        {
            foreach (ScheduledEvent one in enabled)
            {
                await EventSwitch.AlterAsync(site, machine, one, member.DisableEvent, logged: false, token);
            }
        }
        finally
        {
            await member.FenceAsync(CancellationToken.None);
        }
    }
}
