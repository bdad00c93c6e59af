using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>
/// The lab's disks are overlays, on which a directory of the image can't be renamed (EXDEV); MySQL's clone plugin does that
/// when it puts the copy in place, as it may on any other disk.
/// </summary>
internal static class OverlayDisk
{
    private const string Script = """
        [ -d '/var/lib/mysql/#innodb_redo' ] && [ ! -e /var/lib/mysql.own ] || exit 0
        systemctl stop mysql
        cd /var/lib/mysql
        for directory in '#innodb_redo' '#innodb_temp' mysql shop sys performance_schema foobar_ops; do
            [ -d "$directory" ] || continue
            cp -a "$directory" "$directory.own" && rm -rf "$directory" && mv "$directory.own" "$directory"
        done
        touch /var/lib/mysql.own
        systemctl start mysql
        """;

    /// <summary>Gives a server's database directories of its own, once; waits for a server that still boots.</summary>
    public static async Task OwnAsync(RaisedLab lab, string server, CancellationToken cancel)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await lab.RunAsync(
                    server,
                    $"case $(systemctl is-system-running --wait 2>/dev/null) in running|degraded) ;; *) exit 75;; esac\n{Script}",
                    limit: TimeSpan.FromMinutes(2), cancel: cancel);
                return;
            }
            catch (LabException) when (attempt < 60)
            {
                // It has no init yet, or still starts its database.
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
            }
        }
    }
}
