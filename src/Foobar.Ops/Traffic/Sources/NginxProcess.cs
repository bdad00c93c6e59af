using System.Globalization;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// The master process of nginx: its counters begin at 0 with it, and go on over a reload. The page with the counters tells
/// neither.
/// </summary>
/// <param name="Epoch">Process id and start.</param>
/// <param name="Age">How long it runs.</param>
internal sealed record NginxProcess(string Epoch, TimeSpan Age)
{
    /// <summary>How exactly the kernel tells a start: in hundredths of a second, of which two figures are compared.</summary>
    public static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(20);

    private const double TicksPerSecond = 100;

    private const string Source = "the master process of nginx in /proc";

    /// <summary>
    /// Prints process id, start in ticks since boot and seconds since boot of the master that the pid file names, else of
    /// the oldest one found.
    /// </summary>
    private const string Script = """
        p=$(cat "$1" 2>/dev/null)
        [ -n "$p" ] && [ -r "/proc/$p/stat" ] || for c in $(grep -la '^nginx: master process' /proc/[0-9]*/cmdline 2>/dev/null); do
          c=${c#/proc/} p=${c%/cmdline}
          break
        done
        [ -n "$p" ] || exit 3
        set -- $(sed 's/.*) //' "/proc/$p/stat") && read -r up rest </proc/uptime && echo "$p ${20} $up"
        """;

    /// <summary>Reads it; <see langword="null"/> where it is not found (a container's, a system without <c>/proc</c>).</summary>
    public static async Task<NginxProcess?> ReadAsync(IServerSession session, string pidFile, CancellationToken cancellationToken)
    {
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript(Script, pidFile), cancellationToken);
        return result.ExitCode == 0 ? Parse(result.OutputText) : null;
    }

    /// <exception cref="Errors.ParseException">It is not three numbers.</exception>
    internal static NginxProcess Parse(string text)
    {
        string[] fields = text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 3
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int process)
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long start)
            && double.TryParse(fields[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double uptime)
            && uptime < 1e9
            && start < 1e12
            ? new NginxProcess(
                FormattableString.Invariant($"process {process}, started at {start}"),
                TimeSpan.FromSeconds(Math.Max(0, uptime - (start / TicksPerSecond))))
            : throw Lines.Unexpected(Source, 1, "process id, start and uptime", text);
    }
}
