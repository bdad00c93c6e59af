using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>What a firewall change keeps on its server of what it replaced.</summary>
/// <param name="Name">Its directory there.</param>
/// <param name="Time">When the change was made, by the server's clock.</param>
/// <param name="By">Who made it.</param>
/// <param name="RulesAsLeft">Whether the rules that run now are those that it left.</param>
/// <param name="FileAsLeft">Whether <c>/etc/nftables.conf</c> is the one that it left.</param>
/// <param name="HadFile">Whether there was an <c>/etc/nftables.conf</c> before it.</param>
/// <param name="Unit">What <c>systemctl is-enabled nftables.service</c> said before it.</param>
/// <param name="Ruleset">The rules that ran before it, as they are loaded again.</param>
internal sealed record KeptChange(
    string Name, DateTimeOffset Time, string By, bool RulesAsLeft, bool FileAsLeft, bool HadFile, string Unit, string Ruleset)
{
    private const int Lines = 8;

    /// <summary>Who is making changes here.</summary>
    public static string Here => $"{Environment.UserName} on {Environment.MachineName}";

    /// <summary>What was changed since by something else, in words; <see langword="null"/> if nothing was.</summary>
    public string? ChangedSince => (RulesAsLeft, FileAsLeft) switch
    {
        (true, true) => null,
        (false, true) => "the rules that run",
        (true, false) => "/etc/nftables.conf",
        _ => "the rules that run and /etc/nftables.conf",
    };

    /// <summary>The change in words.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"the change of {Time.UtcDateTime:yyyy-MM-dd HH:mm} UTC by {By}");

    /// <summary>Reads what <see cref="ChangeScripts.ToLook"/> says; <see langword="null"/> if nothing is kept.</summary>
    /// <exception cref="ParseException">It is of another form.</exception>
    public static KeptChange? Parse(string text, string server)
    {
        if (text.Trim().Length == 0)
        {
            return null;
        }

        string[] lines = text.Split('\n', Lines);
        return lines.Length == Lines
            && long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= uint.MaxValue
            && Says(lines[3], "same", "changed") is { } rules
            && Says(lines[4], "same", "changed") is { } file
            && Says(lines[5], "file", "none") is { } had
            ? new KeptChange(lines[0], DateTimeOffset.FromUnixTimeSeconds(seconds), lines[2], rules, file, had, lines[6], lines[7])
            : throw new ParseException(
                server, "what the last firewall change kept", 1,
                $"expected its name, time, author and state, found '{string.Join("', '", lines.Take(Lines - 1))}'");
    }

    private static bool? Says(string word, string yes, string no) => word == yes ? true : word == no ? false : null;
}
