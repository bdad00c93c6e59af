using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>What befalls a primary.</summary>
public enum DisasterKind
{
    /// <summary>Its database gets SIGKILL, and stays down.</summary>
    Killed,

    /// <summary>Its database gets SIGSTOP.</summary>
    Stopped,

    /// <summary>Its disk is full.</summary>
    DiskFull,

    /// <summary>Its machine loses power.</summary>
    PowerOff,

    /// <summary>The way between the two databases is cut; the load balancer and the operator reach both.</summary>
    CutBetween,

    /// <summary>The way from the operator is cut; the load balancer and the replica reach it.</summary>
    CutFromUs,
}

/// <summary>Brings a disaster over a primary, and mends what a hand would mend after it.</summary>
internal sealed class Disaster(RaisedLab lab, DisasterKind kind, string primary, string replica)
{
    private const string Unit = "$(systemctl show -p Id --value mysql.service mariadb.service | grep -m 1 service)";

    /// <summary>Whether the primary is dead by it.</summary>
    public bool IsDeadly => kind is not (DisasterKind.CutBetween or DisasterKind.CutFromUs);

    /// <summary>Strikes.</summary>
    public async Task StrikeAsync(CancellationToken cancel)
    {
        switch (kind)
        {
            case DisasterKind.Killed:
                await lab.RunAsync(
                    primary,
                    $"unit={Unit}; mkdir -p /run/systemd/system/$unit.d; printf '[Service]\\nRestart=no\\n' > "
                        + "/run/systemd/system/$unit.d/stay-down.conf; systemctl daemon-reload; systemctl kill --signal=KILL $unit",
                    cancel: cancel);
                break;
            case DisasterKind.Stopped:
                await lab.RunAsync(
                    primary,
                    $"unit={Unit}; systemctl kill --signal=STOP --kill-whom=main $unit || systemctl kill --signal=STOP --kill-who=main $unit",
                    cancel: cancel);
                break;
            case DisasterKind.DiskFull:
                await lab.RunAsync(
                    primary,
                    "fallocate -l $(($(stat -f -c %f /var/lib/mysql) * $(stat -f -c %S /var/lib/mysql) - 1048576)) /var/lib/fill; cat "
                        + "/dev/zero > /var/lib/fill-rest 2>/dev/null; [ $(df -P -k /var/lib/mysql | awk 'NR == 2 { print $4 }') -lt 64 ]",
                    cancel: cancel);

                // Only a write tells the database.
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
                break;
            case DisasterKind.PowerOff:
                await lab.PowerOffAsync(primary, cancel);
                break;
            case DisasterKind.CutBetween:
                await lab.RunAsync(primary, Cut(replica), cancel: cancel);
                await lab.RunAsync(replica, Cut(primary), cancel: cancel);
                break;
            default:
                await lab.RunAsync(
                    primary,
                    "nft insert rule inet filter input tcp dport 22 drop; nft insert rule inet filter output tcp sport 22 drop",
                    cancel: cancel);
                break;
        }
    }

    /// <summary>Mends the machine and the network, not the database.</summary>
    public async Task MendAsync(CancellationToken cancel)
    {
        if (kind == DisasterKind.PowerOff)
        {
            await lab.PowerOnAsync(primary, cancel);
            await OverlayDisk.OwnAsync(lab, primary, cancel);
            return;
        }

        await lab.RunAsync(
            primary,
            $"rm -f /var/lib/fill /var/lib/fill-rest; nft -f /etc/nftables.conf; unit={Unit}; rm -f "
                + "/run/systemd/system/$unit.d/stay-down.conf; systemctl daemon-reload; systemctl kill --signal=CONT $unit || true",
            cancel: cancel);
        await lab.RunAsync(replica, "nft -f /etc/nftables.conf", cancel: cancel);
    }

    private string Cut(string other)
    {
        LabLink link = lab.Plan.Find(other).Links[0];
        return string.Join("; ", from way in ((string Family, object Address)[])[("ip", link.V4), ("ip6", link.V6)]
                                 from rule in (string[])[$"input {way.Family} saddr", $"output {way.Family} daddr"]
                                 select $"nft insert rule inet filter {rule} {way.Address} drop");
    }

    /// <summary>Starts a database that is down and that no failover has fenced.</summary>
    public Task RecoverAsync(CancellationToken cancel) =>
        lab.RunAsync(primary, $"systemctl start {Unit}", limit: TimeSpan.FromMinutes(2), cancel: cancel);
}
