using System.Globalization;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>Reads when process 1 started: the boot of a machine, the start of a container.</summary>
internal static class BootTime
{
    public const string Source = "/proc/1/stat, /proc/stat";

    /// <summary>
    /// Start of process 1 in clock ticks after the kernel's boot, ticks a second, the kernel's boot in seconds since 1970
    /// (proc_pid_stat(5), proc_stat(5)).
    /// </summary>
    public const string Script = """
        read -r line </proc/1/stat && set -- ${line##*) } && shift 19 || exit
        echo "$1 $(getconf CLK_TCK) $(sed -n 's/^btime //p' /proc/stat)"
        """;

    /// <summary>
    /// A session ends with process 1. A clock that is stepped, by which the kernel dates its boot, ends all that is remembered.
    /// </summary>
    public static CommandSources Sources { get; } = new([]);

    /// <exception cref="Errors.ParseException">There are not three numbers that make a time.</exception>
    public static DateTimeOffset Parse(string text)
    {
        string[] fields = Lines.Fields(text.Trim());
        if (fields.Length != 3
            || !TryNumber(fields[0], out long start)
            || !TryNumber(fields[1], out long ticks)
            || !TryNumber(fields[2], out long boot)
            || ticks == 0 || start / ticks > uint.MaxValue || boot > uint.MaxValue)
        {
            throw Lines.Unexpected(Source, 0, "start in ticks, ticks a second and boot time", text.Trim());
        }

        return DateTimeOffset.FromUnixTimeSeconds(boot + (start / ticks));
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
