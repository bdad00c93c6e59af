using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>What keeps a server's clock right.</summary>
public sealed record ClockSync
{
    /// <summary>The command this is read from.</summary>
    public const string Source = "timedatectl show";

    /// <summary>Whether the kernel holds the clock for synchronised (adjtimex(2), <c>STA_UNSYNC</c> not set).</summary>
    public required bool Synchronized { get; init; }

    /// <summary>Whether a time service that systemd knows is switched on; <see langword="null"/> if not told.</summary>
    public bool? ServiceEnabled { get; init; }

    /// <summary>The time zone.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>Reads the output of <c>timedatectl show</c> (timedatectl(1)).</summary>
    /// <exception cref="Errors.ParseException">NTPSynchronized is missing: a systemd before 239.</exception>
    public static ClockSync Parse(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, '=');
        return new ClockSync
        {
            Synchronized = values.TryGetValue("NTPSynchronized", out string? synchronized)
                ? synchronized == "yes"
                : throw new Errors.ParseException(null, Source, 0, "expected NTPSynchronized=yes or no."),
            ServiceEnabled = values.TryGetValue("NTP", out string? service) ? service == "yes" : null,
            TimeZone = values.GetValueOrDefault("Timezone", ""),
        };
    }
}
