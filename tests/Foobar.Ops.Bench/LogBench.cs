using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Bench;

/// <summary>
/// An access log counted to requests a second by class of status: ours beside <c>mawk</c>, <c>goaccess</c> and, as the floor,
/// <c>wc -l</c>, on the same file by turns. The file is made from a seed in a temporary folder and removed. Its size in MB is
/// taken from <c>FOOBAR_BENCH_LOG_MB</c>, 1024 unless told; goaccess reads a part of it where it would take too long.
/// </summary>
internal static class LogBench
{
    private const int Rounds = 3, Seed = 14, GoaccessMegabytes = 128, LinesPerSecond = 2000;

    private const long FirstSecond = 1_796_000_000;

    private const string Awk = """{ n[substr($4, 2) " " substr($9, 1, 1)]++ } END { for (each in n) print each, n[each] }""";

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite bench, [EnumeratorCancellation] CancellationToken cancel)
    {
        int megabytes = int.Parse(Environment.GetEnvironmentVariable("FOOBAR_BENCH_LOG_MB") ?? "1024", CultureInfo.InvariantCulture);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("foobar-bench-");
        try
        {
            string path = Path.Combine(folder.FullName, "access.log"), part = Path.Combine(folder.FullName, "part.log");
            long lines = Make(path, megabytes), partLines = Make(part, Math.Min(megabytes, GoaccessMegabytes));
            double share = (double)new FileInfo(path).Length / new FileInfo(part).Length;
            List<double> ours = [], mawk = [], wc = [];
            long before = GC.GetTotalAllocatedBytes();
            for (int round = 0; round < Rounds; round++)
            {
                ours.Add(await OursAsync(path, lines, cancel));
                mawk.Add(await PeerAsync(["mawk", Awk, path], cancel));
                wc.Add(await PeerAsync(["wc", "-l", path], cancel));
            }

            yield return new($"{megabytes} MB log", Median(ours), Median(mawk), "mawk", "s");
            yield return new($"{megabytes} MB log", Median(ours), Median(wc), "wc -l (the floor)", "s");
            yield return new(
                "allocated a run", (GC.GetTotalAllocatedBytes() - before) / (double)Rounds / (1 << 20), megabytes, "the file", "MB");

            // The slowest by far comes last.
            string report = Path.Combine(folder.FullName, "report.json");
            double goaccess = share * await PeerAsync(
                ["goaccess", part, "--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", report], cancel);
            string peer = share > 1
                ? string.Create(CultureInfo.InvariantCulture, $"goaccess on {partLines} lines, times {share:0.#}")
                : "goaccess";
            yield return new($"{megabytes} MB log", Median(ours), goaccess, peer, "s");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<double> OursAsync(string path, long lines, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        TrafficRate[] rates = [.. await LogMeter.MeasureAsync([path], TimeSpan.FromSeconds(1), cancel)];
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return rates.Sum(rate => rate.Count) == lines
            ? seconds
            : throw new InvalidOperationException($"Counted {rates.Sum(rate => rate.Count)} of {lines} lines.");
    }

    private static async Task<double> PeerAsync(string[] command, CancellationToken cancel)
    {
        long started = Stopwatch.GetTimestamp();
        await BenchHost.RunAsync(command, cancel);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Writes lines in nginx's combined format, about two hundred bytes and 2,000 a second, until the size is reached.</summary>
    private static long Make(string path, int megabytes)
    {
        Random random = new(Seed);
        string[] agents = [.. Enumerable.Range(100, 40)
            .Select(number => $"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0")];
        int[] statuses = [200, 200, 200, 200, 200, 200, 304, 301, 404, 500];
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        StringBuilder text = new();
        long lines = 0;
        while (file.Length < (long)megabytes << 20)
        {
            text.Clear();
            for (int line = 0; line < 20_000; line++, lines++)
            {
                DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(FirstSecond + (lines / LinesPerSecond));
                text.Append(
                    CultureInfo.InvariantCulture, $"192.0.{random.Next(256)}.{random.Next(256)} - - [{time:dd/MMM/yyyy:HH:mm:ss} +0000] ")
                    .Append(CultureInfo.InvariantCulture, $"\"GET /shop/item/{random.Next(100_000)}?page={random.Next(50)} HTTP/1.1\" ")
                    .Append(CultureInfo.InvariantCulture, $"{statuses[random.Next(statuses.Length)]} {random.Next(100_000)} ")
                    .Append(CultureInfo.InvariantCulture, $"\"https://www.foobar.com/\" \"{agents[random.Next(agents.Length)]}\"\n");
            }

            file.Write(Encoding.ASCII.GetBytes(text.ToString()));
        }

        return lines;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
