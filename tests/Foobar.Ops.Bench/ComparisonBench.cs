using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>
/// Comparing half a million rows of a primary and its replica, two of which got each other's values on the replica, beside
/// pt-table-checksum on the same rows: how long it takes, what it costs the primary, and whether it sees the two. On
/// MariaDB: Debian's pt-table-checksum does not know MySQL's words from 8.4 on.
/// </summary>
internal static class ComparisonBench
{
    private const int Rounds = 3;
    private const string Peer = "pt-table-checksum";
    private const string Primary = "web-01";
    private const string Replica = "web-02";

    // Ticks of user and system time, a hundred a second (proc_pid_stat(5)), and bytes written to the binary log so far.
    private const string Cost =
        "cut -d' ' -f14,15 /proc/$(cat /run/mysqld/mysqld.pid)/stat; mysql -NBe \"SHOW GLOBAL STATUS LIKE 'Binlog_bytes_written'\" | cut -f2";

    private const string Rows = """
        CREATE DATABASE bench; USE bench;
        CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(100), b INT, c DATETIME(6) DEFAULT NOW(6), d DECIMAL(12, 2));
        INSERT INTO t (a, b, d) SELECT HEX(RAND() * 1e18), RAND() * 1e9, RAND() * 1e6 FROM seq_1_to_500000;
        CREATE TABLE swapped (id INT PRIMARY KEY, x INT); INSERT INTO swapped VALUES (1, 5), (2, 7), (3, 9);
        CREATE DATABASE percona;
        CREATE TABLE percona.dsns (id INT AUTO_INCREMENT PRIMARY KEY, parent_id INT, dsn VARCHAR(255));
        """;

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite site, [EnumeratorCancellation] CancellationToken cancel)
    {
        RaisedLab lab = await site.LabAsync(DatabaseFlavour.MariaDb, cancel);
        string folder = Directory.CreateTempSubdirectory("bench-").FullName;
        List<Process> tunnels = [];
        try
        {
            string login = await PrepareAsync(lab, folder, cancel);
            tunnels.AddRange([Tunnel(lab, folder, Primary), Tunnel(lab, folder, Replica)]);
            await using SiteSession session = new(InventoryLoader.Load(lab.Inventory), new SessionOptions());
            List<Figures> ours = [];
            List<Figures> theirs = [];
            for (int round = 0; round < Rounds; round++)
            {
                ours.Add(await MeasureAsync(lab, () => OursAsync(session, folder, cancel), cancel));
                theirs.Add(await MeasureAsync(lab, () => TheirsAsync(folder, login, cancel), cancel));
            }

            yield return Result("compare 500,000 rows", static figures => figures.Seconds, "s");
            yield return Result("compare 500,000 rows, the primary's processor time", static figures => figures.Processor, "s");
            yield return Result("compare 500,000 rows, written to the primary's binary log", static figures => figures.Logged, "bytes");
            yield return Result(
                "compare 500,000 rows, rows or tables found that differ, of one table with two such rows",
                static figures => figures.Found, "");

            BenchResult Result(string name, Func<Figures, double> figure, string unit) =>
                new(name, Median(ours.Select(figure)), Median(theirs.Select(figure)), Peer, unit);
        }
        finally
        {
            foreach (Process tunnel in tunnels)
            {
                tunnel.Kill();
                tunnel.Dispose();
            }

            await lab.RunAsync(
                Primary,
                "mysql -e 'DROP DATABASE bench; DROP DATABASE percona; DROP USER bench@localhost'",
                cancel: CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    // The peer logs in by a file, so that its password stands in no argument.
    private static async Task<string> PrepareAsync(RaisedLab lab, string folder, CancellationToken cancel)
    {
        string password = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        string login = Path.Combine(folder, "login.cnf");
        await File.WriteAllTextAsync(login, $"[client]\nuser=bench\npassword={password}\n", cancel);
        await lab.RunAsync(
            Primary, "mysql",
            $"{Rows}CREATE USER bench@localhost IDENTIFIED BY '{password}'; GRANT ALL ON *.* TO bench@localhost;"
                + $"INSERT INTO percona.dsns (dsn) VALUES ('F={login},S={Socket(folder, Replica)}');", TimeSpan.FromMinutes(2), cancel);
        await lab.RunAsync(
            Replica,
            "until mysql -NBe 'SELECT COUNT(*) FROM percona.dsns' 2>/dev/null | grep -q 1; do sleep 0.2; done; mysql -e 'SET sql_log_bin "
                + "= 0; UPDATE bench.swapped SET x = 12 - x WHERE id < 3'",
            cancel: cancel);
        return login;
    }

    private static async Task<double> OursAsync(SiteSession session, string folder, CancellationToken cancel)
    {
        long found = 0;
        await new DataComparison(
            session,
            new ComparisonOptions { Tables = static name => name.StartsWith("bench.", StringComparison.Ordinal) },
            new OperationStore("bench", folder))
            .RunAsync(table => found += table.DifferenceCount, cancel);
        return found;
    }

    // Columns: time, errors, chunks that differ, rows, ... (pt-table-checksum(1p), OUTPUT).
    private static async Task<double> TheirsAsync(string folder, string login, CancellationToken cancel)
    {
        string own = $"F={login},S={Socket(folder, Primary)}";
        ProcessStartInfo start = new("pt-table-checksum",
            [
                "--no-version-check",
                "--no-check-binlog-format",
                "--no-check-replication-filters",
                $"--recursion-method=dsn={own},D=percona,t=dsns",
                "--databases=bench",
                own,
            ])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        string[][] tables =
        [
            .. said.Split('\n')
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(static words => words is [.., var table] && table.StartsWith("bench.", StringComparison.Ordinal)),
        ];
        return tables.Length == 2
            ? tables.Sum(static words => double.Parse(words[2], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{Peer}: {said}");
    }

    private static async Task<Figures> MeasureAsync(RaisedLab lab, Func<Task<double>> compare, CancellationToken cancel)
    {
        double[] before = await CostAsync(lab, cancel);
        long started = Stopwatch.GetTimestamp();
        double found = await compare();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double[] after = await CostAsync(lab, cancel);
        return new(seconds, (after[0] + after[1] - before[0] - before[1]) / 100, after[2] - before[2], found);
    }

    private static async Task<double[]> CostAsync(RaisedLab lab, CancellationToken cancel) =>
        [
            .. (await lab.RunAsync(Primary, Cost, cancel: cancel))
                .Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(static word => double.Parse(word, CultureInfo.InvariantCulture)),
        ];

    private static Process Tunnel(RaisedLab lab, string folder, string server)
    {
        string socket = Socket(folder, server);
        Process ssh = Process.Start("ssh", ["-F", lab.SshConfig, "-N", "-L", $"{socket}:/run/mysqld/mysqld.sock", server]);
        for (int tries = 0; tries < 100 && !File.Exists(socket); tries++)
        {
            Thread.Sleep(100);
        }

        return ssh;
    }

    private static string Socket(string folder, string server) => Path.Combine(folder, $"{server}.sock");

    private static double Median(IEnumerable<double> figures) => figures.Order().ElementAt(Rounds / 2);

    private sealed record Figures(double Seconds, double Processor, double Logged, double Found);
}
