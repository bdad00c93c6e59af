using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>
/// Database connections through a session: opening one and running a statement, beside a second statement over an open one;
/// and the first one in a process, once its SSH session is there, with the driver warmed up meanwhile and without.
/// </summary>
internal static class DatabaseBench
{
    /// <summary>The word by which this program is started to measure a first connection.</summary>
    public const string Command = "first-database";

    private const int Rounds = 5;
    private const int Times = 50;

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (DatabaseFlavour flavour in (DatabaseFlavour[])[DatabaseFlavour.MariaDb, DatabaseFlavour.MySql])
        {
            RaisedLab lab = await bench.LabAsync(flavour, cancel);
            Site site = InventoryLoader.Load(lab.Inventory);
            string server = site.WithRole(Role.Database).First().Name;
            (double opened, double asked) = await WarmAsync(site, server, cancel);
            yield return new($"database-{flavour}-open".ToLowerInvariant(), opened, asked, "a statement over an open connection", "ms");
            List<double> warm = [];
            List<double> cold = [];
            for (int round = 0; round < Rounds; round++)
            {
                warm.Add(await FirstAsync(lab.Inventory, server, warm: true, cancel));
                cold.Add(await FirstAsync(lab.Inventory, server, warm: false, cancel));
            }

            yield return new($"database-{flavour}-first".ToLowerInvariant(), Median(warm), Median(cold), "without warm-up", "ms");
        }
    }

    /// <summary>
    /// Connects to a server, and then prints how many milliseconds the first database connection and its first statement took.
    /// </summary>
    public static async Task OpenAsync(string inventory, string server, bool warm)
    {
        Site site = InventoryLoader.Load(inventory);

        // Where no database is declared, nothing is warmed up.
        await using SiteSession session = new(warm ? site : site with { Policy = site.Policy with { Database = null } });
        await session.GetServerAsync(server);
        Console.WriteLine((await OnceAsync(session, server, CancellationToken.None)).ToString("R", CultureInfo.InvariantCulture));
    }

    private static async Task<(double Opened, double Asked)> WarmAsync(Site site, string server, CancellationToken cancel)
    {
        await using SiteSession session = new(site);
        List<double> opened = [];
        for (int time = 0; time < Times; time++)
        {
            opened.Add(await OnceAsync(session, server, cancel));
        }

        await using IDatabaseSession database = await session.OpenDatabaseAsync(server, cancel);
        List<double> asked = [];
        for (int time = 0; time < Times; time++)
        {
            long started = Stopwatch.GetTimestamp();
            await database.QueryAsync("SELECT 1", cancellationToken: cancel);
            asked.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return (Median(opened), Median(asked));
    }

    private static async Task<double> OnceAsync(SiteSession session, string server, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        await using IDatabaseSession database = await session.OpenDatabaseAsync(server, cancel);
        await database.QueryAsync("SELECT 1", cancellationToken: cancel);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<double> FirstAsync(string inventory, string server, bool warm, CancellationToken cancel)
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath!, [.. Itself(), Command, inventory, server, warm.ToString()]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return double.Parse(said, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    // Started as `dotnet Foobar.Ops.Bench.dll`, the process is dotnet.
    private static string[] Itself() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(DatabaseBench).Assembly.Location] : [];

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
