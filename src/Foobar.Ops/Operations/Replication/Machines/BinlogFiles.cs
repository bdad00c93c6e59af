namespace Foobar.Ops.Operations.Replication.Machines;

/// <summary>Where a database that may not run keeps its binary logs.</summary>
internal static class BinlogFiles
{
    /// <summary>
    /// A script that sets <c>datadir</c> and <c>index</c> from what the server would be started with (<c>log_bin</c> may
    /// name a path, be relative to the data directory, or be left out on MySQL, which then says <c>binlog</c>).
    /// </summary>
    public const string Find = """
        PATH="$PATH:/usr/sbin:/usr/libexec:/usr/local/sbin"
        defaults=$( { mariadbd --print-defaults || mysqld --print-defaults; } 2>/dev/null | tr ' ' '\n')
        option() { printf '%s\n' "$defaults" | sed -n "s/^--$1=//p" | tail -n 1; }
        datadir=$(option datadir); datadir=${datadir:-/var/lib/mysql}; datadir=${datadir%/}
        log=$(option 'log[-_]bin'); log=${log:-binlog}
        case $log in /*) ;; *) log=$datadir/$log;; esac
        index=$(option 'log[-_]bin[-_]index'); index=${index:-$log.index}
        case $index in /*) ;; *) index=$datadir/$index;; esac
        case $index in *.index) ;; *) index=$index.index;; esac
        """;
}
