using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Load;

/// <summary>A time in which a server's database surely took writes, in timestamps of <see cref="Stopwatch"/>.</summary>
/// <param name="Server">The server.</param>
/// <param name="From">The first look that saw it so had ended.</param>
/// <param name="To">The last look that saw it so began.</param>
internal sealed record WritableSpan(string Server, long From, long To);

/// <summary>Looks on each database server, some hundred times a second and past every network, whether it takes writes.</summary>
internal sealed class RoleSampler : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, Process> _processes = [];

    /// <summary>Starts on the servers.</summary>
    public static async Task<RoleSampler> StartAsync(RaisedLab lab, IEnumerable<string> servers, CancellationToken cancel)
    {
        const string Script = "/run/role-sampler.py";
        RoleSampler sampler = new();
        try
        {
            foreach (string server in servers)
            {
                await lab.RunAsync(server, $"cat > {Script}", Resources.Read("load/role-sampler.py"), cancel: cancel);
                ProcessStartInfo start = lab.Prepare(server, $"exec python3 {Script}");
                start.RedirectStandardInput = true;
                start.RedirectStandardOutput = true;
                Process process = Process.Start(start)!;
                sampler._processes[server] = process;
                await process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Limit, cancel);
            }

            return sampler;
        }
        catch
        {
            await sampler.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops, and gives the times in which each took writes.</summary>
    public async Task<IReadOnlyList<WritableSpan>> StopAsync()
    {
        List<WritableSpan> spans = [];
        foreach ((string server, Process process) in _processes)
        {
            process.StandardInput.Close();
            string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Limit);
            spans.AddRange(
                output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => line.Split(' '))
                    .Select(words => new WritableSpan(server, Timestamp(words[0]), Timestamp(words[1]))));
        }

        return spans;
    }

    /// <summary>Two times of two servers that overlap; <see langword="null"/> if none do.</summary>
    public static (WritableSpan One, WritableSpan Other)? Both(IReadOnlyList<WritableSpan> spans) =>
        (from one in spans
         from other in spans
         where string.CompareOrdinal(one.Server, other.Server) < 0 && one.From <= other.To && other.From <= one.To
         select ((WritableSpan, WritableSpan)?)(one, other)).FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes.Values)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }

        _processes.Clear();
    }

    private static long Timestamp(string nanoseconds) =>
        long.Parse(nanoseconds, CultureInfo.InvariantCulture) / (1_000_000_000 / Stopwatch.Frequency);
}
