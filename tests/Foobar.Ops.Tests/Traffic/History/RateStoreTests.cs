using System.Diagnostics;
using Foobar.Ops.Drivers.Files;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Testing;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Tests.Traffic.History;

/// <summary>The history in a real file of SQLite.</summary>
public sealed class RateStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly RateSeries Www = new("lb-01", TrafficOrigin.HaproxyFrontend, "www");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string File1 => Path.Combine(_folder.FullName, "state", "rates.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void What_is_added_is_read_again_minute_by_minute()
    {
        using (RateStore store = Open())
        {
            store.Add(Enumerable.Range(0, 120).Select(second => (Www, new RateSample(Now.AddSeconds(second + 1), 50, 1))));
            store.Add([(new RateSeries("web-01", TrafficOrigin.NginxStatus, "requests"), new RateSample(Now.AddSeconds(1), 7, 1))]);
        }

        using RateStore again = Open();
        Assert.Equal(
            [new RateBucket(Now, TimeSpan.FromMinutes(1), 3000, 60), new RateBucket(Now.AddMinutes(1), TimeSpan.FromMinutes(1), 3000, 60)],
            again.Read(Www, Now.AddMinutes(2), TimeSpan.FromDays(1)));
        Assert.Null(again.PutAside);
        Assert.Equal([Www, new RateSeries("web-01", TrafficOrigin.NginxStatus, "requests")], again.Series());
    }

    [Fact]
    public void Only_the_user_can_read_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        using RateStore store = Open();
        store.Add([(Www, new RateSample(Now, 1, 1))]);

        Assert.All(
            Directory.GetFiles(Path.GetDirectoryName(File1)!),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(File1)!));
    }

    [Fact]
    public void What_is_older_is_kept_more_coarsely_with_the_same_sums_and_in_the_end_not_at_all()
    {
        using (RateStore store = Open())
        {
            store.Add(Enumerable.Range(0, 24 * 60).Select(minute => (Www, new RateSample(Now.AddMinutes(minute + 1), 60, 60))));
        }

        IReadOnlyList<RateBucket> After(int days)
        {
            using RateStore store = RateStore.Open(File1, Now.AddDays(days), LoadedDrivers.Files);
            return store.Read(Www, Now.AddDays(days), TimeSpan.FromDays(500));
        }

        Assert.Equal((1440, 86400.0), (After(1).Count, After(1).Sum(bucket => bucket.Count)));
        Assert.Equal((288, 86400.0), (After(4).Count, After(4).Sum(bucket => bucket.Count)));
        Assert.Equal((24, 86400.0), (After(80).Count, After(80).Sum(bucket => bucket.Count)));
        Assert.All(After(80), bucket => Assert.Equal(1, bucket.Rate));
        Assert.Empty(After(402));
    }

    [Fact]
    public void It_never_holds_more_than_its_limit_and_drops_the_oldest()
    {
        List<(string Text, object[] Values)> asked = [];
        new RateThinning(Now).Run(
            (text, values) =>
            {
                asked.Add((text, values));
                return 0;
            },
            (_, _) => 25L,
            most: 20);

        Assert.Contains(asked, statement => statement.Text.Contains("OFFSET", StringComparison.Ordinal) && (long)statement.Values[0] == 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void A_damaged_file_is_told_and_put_aside(int offset)
    {
        using (RateStore store = Open())
        {
            store.Add(Enumerable.Range(0, 5000).Select(minute => (Www, new RateSample(Now.AddMinutes(minute + 1), 60, 60))));
        }

        byte[] before = File.ReadAllBytes(File1);
        Array.Fill(before, (byte)'x', offset, Math.Min(8192, before.Length - offset));
        File.WriteAllBytes(File1, before);
        using RateStore again = Open();

        Assert.NotNull(again.PutAside);
        Assert.Equal(before, File.ReadAllBytes(again.PutAside));
        Assert.Empty(again.Read(Www, Now, TimeSpan.FromDays(500)));
        again.Add([(Www, new RateSample(Now, 1, 1))]);
        Assert.Single(again.Read(Www, Now, TimeSpan.FromDays(1)));
    }

    [Fact]
    public void A_file_of_a_later_version_is_left_alone()
    {
        using (RateStore store = Open())
        using (System.Data.Common.DbConnection connection = LoadedDrivers.Files.Create(File1, TimeSpan.FromSeconds(1)))
        {
            connection.Open();
            using System.Data.Common.DbCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Equal("HistoryTooNew", Assert.Throws<FoobarException>(Open).ErrorId);
        Assert.True(File.Exists(File1));
    }

    [Fact]
    public void A_folder_that_can_t_be_written_is_an_error_with_an_id()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "state"), "no folder");

        Assert.Equal("HistoryUnusable", Assert.Throws<FoobarException>(Open).ErrorId);
    }

    [Fact]
    public async Task Two_stores_write_at_once_and_nothing_is_lost()
    {
        Open().Dispose();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(writer => Task.Run(() =>
        {
            using RateStore store = Open();
            for (int second = 1; second <= 200; second++)
            {
                store.Add([(Www, new RateSample(Now.AddSeconds(second), 1, 1))]);
            }
        })));

        using RateStore read = Open();
        Assert.Equal(400, read.Read(Www, Now.AddMinutes(10), TimeSpan.FromDays(1)).Sum(bucket => bucket.Count));
    }

    // A transaction that a killed process had not committed is not there; what it had committed is. Here another program holds the
    // write lock and dies by SIGKILL in the middle of a transaction.
    [Fact]
    public void A_process_that_is_killed_leaves_the_file_whole()
    {
        Needs.Programs("python3");
        using (RateStore store = Open())
        {
            store.Add([(Www, new RateSample(Now, 5, 1))]);
        }

        const string Writer =
            "import sqlite3,os,signal,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\n"
                + "c.execute('UPDATE bucket SET count=99')\nos.kill(os.getpid(),signal.SIGKILL)";
        using (Process writer = Process.Start(new ProcessStartInfo("python3", ["-c", Writer, File1]))!)
        {
            writer.WaitForExit();
            Assert.SkipWhen(writer.ExitCode == 1, "This machine's Python has no sqlite3.");
            Assert.Equal(128 + 9, writer.ExitCode);
        }

        using RateStore again = Open();
        Assert.Null(again.PutAside);
        Assert.Equal(5, Assert.Single(again.Read(Www, Now, TimeSpan.FromDays(1))).Count);
        again.Add([(Www, new RateSample(Now, 1, 1))]);
    }

    [Fact]
    public void The_driver_and_its_native_library_are_loaded_from_the_module_s_own_folder()
    {
        Open().Dispose();
        string staged = Repository.File(
            "output", "Foobar.Ops", typeof(RateStore).Assembly.GetName().Version!.ToString(3), "bin", "runtimes");

        Assert.Equal("Foobar.Ops", System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(LoadedDrivers.Files.GetType().Assembly)?.Name);
        Assert.All(
            new[] { "linux-x64", "linux-arm64" },
            platform => Assert.True(File.Exists(Path.Combine(staged, platform, "native", "libe_sqlite3.so")), platform));
        Assert.Equal(FileDatabaseFault.Other, new SqliteDriver().FaultOf(new OtherException()));
    }

    private RateStore Open() => RateStore.Open(File1, Now, LoadedDrivers.Files);

    private sealed class OtherException : System.Data.Common.DbException;
}
