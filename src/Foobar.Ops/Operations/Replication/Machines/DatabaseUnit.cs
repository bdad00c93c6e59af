namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>The systemd unit of a database server.</summary>
internal static class DatabaseUnit
{
    /// <summary>A script that sets <c>unit</c>, under the name systemd itself uses; empty if none is known.</summary>
    public const string Find = """
        export LC_ALL=C
        unit=
        for name in mariadb.service mysql.service mysqld.service; do
            if [ "$(systemctl show -p LoadState --value "$name" 2>/dev/null)" = loaded ]; then
                unit=$(systemctl show -p Id --value "$name"); break
            fi
        done
        """;
}
