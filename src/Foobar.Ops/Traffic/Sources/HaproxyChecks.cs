using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// How often HAProxy checks each server that is up (Configuration Manual, 5.2 "check", "inter"): its statistics don't count
/// checks, and nginx counts them among its requests.
/// </summary>
internal static class HaproxyChecks
{
    private const double DefaultSeconds = 2;

    /// <summary>
    /// Seconds from one check to the next, by <c>BACKEND/SERVER</c>; of servers that are checked. Nothing where the
    /// configuration can't be read, which others report.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, double>> ReadAsync(IServerSession session, CancellationToken cancellationToken)
    {
        try
        {
            return Of(HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken)));
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return new Dictionary<string, double>();
        }
    }

    /// <summary>Takes them from a configuration.</summary>
    public static IReadOnlyDictionary<string, double> Of(IReadOnlyList<HaproxySection> sections)
    {
        Dictionary<string, double> found = [];
        foreach (HaproxySection section in sections.Where(section => section.Kind is "backend" or "listen"))
        {
            Dictionary<string, string?> inherited = [];
            foreach (HaproxySection defaults in HaproxySection.DefaultsOf(sections, section, static (_, _, _) => { }))
            {
                TakeDefaults(defaults, inherited);
            }

            TakeDefaults(section, inherited);
            foreach (HaproxyLine line in section.Lines.Where(ServerStartReader.IsServer))
            {
                Dictionary<string, string?> own = new(inherited);
                Take(line.Words.Skip(3), own);
                if (own.ContainsKey("check"))
                {
                    found[$"{section.Name}/{line.Words[1]}"] = Seconds(own.GetValueOrDefault("inter")) ?? DefaultSeconds;
                }
            }
        }

        return found;
    }

    /// <summary>A time of HAProxy, in milliseconds unless a unit follows (Configuration Manual, 2.5).</summary>
    internal static double? Seconds(string? text)
    {
        string digits = string.Concat((text ?? "").TakeWhile(char.IsAsciiDigit));
        double? unit = (text ?? "")[digits.Length..] switch
        {
            "us" => 1e-6, "" or "ms" => 1e-3, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => null,
        };
        return unit is { } factor
            && double.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out double number)
            && number > 0
            ? number * factor
            : null;
    }

    private static void TakeDefaults(HaproxySection section, Dictionary<string, string?> options)
    {
        foreach (HaproxyLine line in section.Lines.Where(line => line.Keyword == "default-server"))
        {
            Take(line.Words.Skip(1), options);
        }
    }

    private static void Take(IEnumerable<ConfigurationWord> words, Dictionary<string, string?> options)
    {
        foreach (ServerOption option in ServerOption.Read(words))
        {
            if (option.Name == "no-check")
            {
                options.Remove("check");
            }
            else
            {
                options[option.Name] = option.Argument?.Text;
            }
        }
    }
}
