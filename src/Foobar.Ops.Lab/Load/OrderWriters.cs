using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Load;

/// <summary>One write of the writers.</summary>
/// <param name="Id">The order's id.</param>
/// <param name="IsAcknowledged">Whether the database said that it is committed.</param>
/// <param name="Begun">When it was begun: a <see cref="Stopwatch"/> timestamp, since both are the kernel's monotonic clock.</param>
/// <param name="Ended">When it was acknowledged, or known to have failed.</param>
internal sealed record OrderWrite(string Id, bool IsAcknowledged, long Begun, long Ended);

/// <summary>
/// Writers of orders on one of the lab's servers, through the shop's own path to the database and as the shop's own
/// account. They know nothing of Foobar.Ops: what they saw is what a failover is judged by.
/// </summary>
internal sealed class OrderWriters : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private OrderWriters(Process process, string prefix)
    {
        _process = process;
        Prefix = prefix;
    }

    /// <summary>What the ids of all its orders begin with.</summary>
    public string Prefix { get; }

    /// <summary>Starts them, and returns when each has had a write acknowledged.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="server">The web server they run on.</param>
    /// <param name="writers">How many there are, each with a connection.</param>
    /// <param name="interval">How often each writes; zero for without pause.</param>
    /// <param name="cancel">Cancels.</param>
    public static async Task<OrderWriters> StartAsync(
        RaisedLab lab, string server, int writers, TimeSpan interval, CancellationToken cancel)
    {
        const string Script = "/run/order-writers.py";
        await lab.RunAsync(server, $"cat > {Script}", Resources.Read("load/order-writers.py"), cancel: cancel);
        string prefix = $"w{Guid.NewGuid().ToString("N")[..10]}";
        ProcessStartInfo start = lab.Prepare(
            server,
            string.Create(
                CultureInfo.InvariantCulture,
                $"exec python3 {Script} /etc/foobar-app/app.json {prefix} {writers} {interval.TotalMilliseconds}"));
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        OrderWriters started = new(Process.Start(start)!, prefix);
        try
        {
            string? line = await started._process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(StartLimit, cancel);
            return line == "ready" ? started : throw LabException.Failed($"{server}: the writers did not start.");
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops them and gives all their writes in the order in which they ended.</summary>
    public async Task<IReadOnlyList<OrderWrite>> StopAsync()
    {
        _process.StandardInput.Close();
        string output = await _process.StandardOutput.ReadToEndAsync().WaitAsync(EndLimit);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read).OrderBy(write => write.Ended)];
    }

    /// <summary>The longest time between two acknowledged writes, of whichever writers, that touches a time.</summary>
    /// <param name="writes">The writes in the order in which they ended.</param>
    /// <param name="from">The time's beginning, a timestamp.</param>
    /// <param name="to">Its end.</param>
    public static TimeSpan Gap(IReadOnlyList<OrderWrite> writes, long from, long to)
    {
        long[] ends = [.. writes.Where(write => write.IsAcknowledged).Select(write => write.Ended)];
        return ends.Zip(ends.Skip(1)).Where(pair => pair.Second >= from && pair.First <= to)
            .Select(pair => Stopwatch.GetElapsedTime(pair.First, pair.Second)).DefaultIfEmpty(TimeSpan.Zero).Max();
    }

    /// <summary>The ids of its orders that a database holds.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(RaisedLab lab, string server) =>
        (await lab.RunAsync(server, $"mysql -N -e \"SELECT id FROM shop.orders WHERE id LIKE '{Prefix}-%'\""))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static OrderWrite Read(string line)
    {
        string[] words = line.Split(' ');
        return new(words[1], words[0] == "ack", Timestamp(words[2]), Timestamp(words[3]));
    }

    private static long Timestamp(string nanoseconds) =>
        long.Parse(nanoseconds, CultureInfo.InvariantCulture) / (1_000_000_000 / Stopwatch.Frequency);
}
