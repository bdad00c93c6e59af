using System.Globalization;

namespace Foobar.Ops.Tls.Http;

/// <summary>The header <c>Strict-Transport-Security</c> (RFC 6797, 6.1): directives separated by semicolons, each at most once, values
/// quoted or not.</summary>
/// <param name="MaxAge">How long browsers keep it, in seconds; <see langword="null"/> where it is not said or no number: they ignore
/// the header then.</param>
/// <param name="IncludesSubDomains">Whether it holds for all names below too.</param>
/// <param name="Preload">Whether the site asks to be built into browsers (hstspreload.org).</param>
public sealed record StrictTransport(long? MaxAge, bool IncludesSubDomains, bool Preload)
{
    /// <summary>What browsers' list asks for: a year.</summary>
    public const long PreloadAge = 31_536_000;

    /// <summary>Half a year: what the rating guide wants.</summary>
    public const long LongAge = 15_768_000;

    /// <summary>Reads a header.</summary>
    public static StrictTransport Parse(string header)
    {
        (string Name, string? Value)[] directives =
        [
            .. header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(static each => each.Split('=', 2, StringSplitOptions.TrimEntries))
                .Select(static parts => (parts[0], parts.Length > 1 ? parts[1].Trim('"') : null)),
        ];
        string?[] ages = [.. directives.Where(static each => Is(each.Name, "max-age")).Select(static each => each.Value)];
        long? age = ages.Length == 1 && long.TryParse(ages[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            ? seconds : null;
        return new(age, directives.Any(static each => Is(each.Name, "includeSubDomains")),
            directives.Any(static each => Is(each.Name, "preload")));
    }

    /// <summary>What browsers' list would refuse; empty for nothing.</summary>
    public IReadOnlyList<string> PreloadProblems => (string[])
    [
        .. MaxAge >= PreloadAge ? Array.Empty<string>() : [FormattableString.Invariant($"max-age below {PreloadAge}")],
        .. IncludesSubDomains ? Array.Empty<string>() : ["no includeSubDomains"],
        .. Preload ? Array.Empty<string>() : ["no preload"],
    ];

    private static bool Is(string name, string wanted) => name.Equals(wanted, StringComparison.OrdinalIgnoreCase);
}
