using Foobar.Ops.Findings;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>
/// Compares what <c>firewall-cmd --list-all-zones</c> and <c>--list-all-policies</c> print of the running configuration with
/// what they print of the permanent one (firewall-cmd(1), firewalld.zone(5), firewalld.policy(5)): what filters, not what
/// tells a state. The order of values does not matter, except that of rules with priorities, which the values hold.
/// </summary>
internal static class FirewalldListing
{
    /// <summary>The settings of a zone or policy.</summary>
    public static readonly Vocabulary Settings = new Vocabulary("firewalld setting", "firewall-cmd(1), firewalld 0.9 to 2.4")
        .Handled("""
            target, icmp-block-inversion, interfaces, sources, services, ports, protocols, forward, masquerade, forward-ports,
            source-ports, icmp-blocks, rich rules, priority, ingress-zones, egress-zones, ingress-priority, egress-priority
            """)
        .Irrelevant("tells people about it", "summary, description");

    /// <summary>What stands in brackets behind the name of a zone or policy.</summary>
    public static readonly Vocabulary Attributes = new Vocabulary("firewalld attribute", "firewall-cmd(1), firewalld 0.9 to 2.4")
        .Irrelevant("set in firewalld.conf, which both configurations share", "default")
        .Irrelevant("whether something is bound to it at this moment", "active");

    private static readonly string[] SeveralLines = ["rich rules", "forward-ports"];

    /// <summary>The settings by zone or policy and name, each with its values.</summary>
    /// <exception cref="FormatException">A line is none of such a listing.</exception>
    public static IReadOnlyDictionary<(string Owner, string Setting), IReadOnlySet<string>> Parse(string text)
    {
        Dictionary<(string, string), IReadOnlySet<string>> settings = [];
        string? owner = null;
        HashSet<string> values = [];
        foreach (string line in text.Split('\n').Where(static line => line.Trim().Length > 0))
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? at
                : line.TrimEnd().EndsWith(':') ? line.TrimEnd().Length - 1
                : -1;
            if (!char.IsWhiteSpace(line[0]))
            {
                owner = Owner(line, settings);
            }
            else if (owner is null)
            {
                throw new FormatException($"a zone or policy expected, found '{line.Trim()}'");
            }
            else if (line[0] == '\t')
            {
                values.Add(line.Trim());
            }
            else if (colon > 0)
            {
                string name = line[..colon].Trim();
                string rest = line[(colon + 1)..].Trim();
                values = SeveralLines.Contains(name) && rest.Length > 0
                    ? [rest]
                    : [.. rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
                settings[(owner, name)] = values;
            }
            else
            {
                throw new FormatException($"a setting of {owner} expected, found '{line.Trim()}'");
            }
        }

        return settings;
    }

    /// <summary>What differs between two listings, in words.</summary>
    /// <param name="running">What runs.</param>
    /// <param name="permanent">What the next start loads.</param>
    /// <param name="defaultZone">The zone of interfaces that are bound to none; empty if it is not known.</param>
    public static IEnumerable<Verdict> Compare(string running, string permanent, string defaultZone)
    {
        IReadOnlyDictionary<(string Owner, string Setting), IReadOnlySet<string>> now = Parse(running);
        IReadOnlyDictionary<(string Owner, string Setting), IReadOnlySet<string>> later = Parse(permanent);
        foreach ((string owner, string setting) in now.Keys.Union(later.Keys))
        {
            IReadOnlySet<string> before = now.GetValueOrDefault((owner, setting)) ?? new HashSet<string>();
            IReadOnlySet<string> after = later.GetValueOrDefault((owner, setting)) ?? new HashSet<string>();
            string[] gone = [.. before.Except(after)];
            string[] come = [.. after.Except(before)];
            if (gone.Length + come.Length == 0 || Settings.IsIrrelevant(setting) || (setting, owner) == ("interfaces", defaultZone))
            {
                continue;
            }

            string target = $"firewalld {owner} {setting}";
            yield return Settings.Trouble(setting) is { } why ? Verdict.Unknown(target, $"{why}.", Words(gone, come))
                : setting == "interfaces" && come.Length == 0 && IsUnbound(gone, later) ? Unbound(target, owner, gone, defaultZone)
                : Verdict.Fail(
                    target,
                    "the same in the running and the permanent configuration",
                    Words(gone, come),
                    $"running: '{string.Join(' ', before)}', permanent: '{string.Join(' ', after)}'");
        }
    }

    private static string Owner(string line, Dictionary<(string, string), IReadOnlySet<string>> settings)
    {
        int bracket = line.IndexOf('(', StringComparison.Ordinal);
        string owner = (bracket < 0 ? line : line[..bracket]).Trim();
        string[] attributes = bracket < 0
            ? []
            : line[(bracket + 1)..].TrimEnd().TrimEnd(')').Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        foreach (string attribute in attributes.Where(static attribute => !Attributes.IsIrrelevant(attribute)))
        {
            settings[(owner, attribute)] = new HashSet<string> { attribute };
        }

        return owner;
    }

    private static bool IsUnbound(
        string[] interfaces, IReadOnlyDictionary<(string Owner, string Setting), IReadOnlySet<string>> permanent) =>
        !permanent.Where(static pair => pair.Key.Setting == "interfaces").Any(pair => pair.Value.Overlaps(interfaces));

    // Where the network's manager bound it when it came up, it does so again; where nobody did, it is in the default zone.
    private static Verdict Unbound(string target, string zone, string[] interfaces, string defaultZone) => defaultZone.Length == 0
        ? Verdict.Pass(target, $"{string.Join(", ", interfaces)} is bound at run time")
        : Verdict.Unknown(target, $"{string.Join(", ", interfaces)} is in zone {zone} at run time only. After a boot it is in the default "
            + $"zone {defaultZone}, unless the network's manager binds it again (nmcli -f connection.zone connection show).");

    private static string Words(string[] gone, string[] come) => string.Join("; ", ((string[])
    [
        gone.Length > 0 ? $"only running: {string.Join(", ", gone)}" : string.Empty,
        come.Length > 0 ? $"only permanent: {string.Join(", ", come)}" : string.Empty,
    ]).Where(static words => words.Length > 0));
}
