using System.Globalization;
using System.Text;

namespace Foobar.Ops.Bench;

/// <summary>
/// A ruleset of any size as a busy host might have it: partners by single addresses in one large set, networks of both
/// families, well-known and odd ports, refusals among the permissions. The same for the same size.
/// </summary>
internal static class LargeRuleset
{
    /// <summary>The ruleset in the language of nft(8).</summary>
    /// <param name="rules">The number of rules.</param>
    /// <param name="elements">The number of addresses in the set.</param>
    public static string Text(int rules, int elements)
    {
        Random random = new(7);
        HashSet<string> addresses = [];
        while (addresses.Count < elements)
        {
            addresses.Add($"{random.Next(1, 224)}.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}");
        }

        StringBuilder text = new("table inet filter {\n");
        text.Append(CultureInfo.InvariantCulture, $" set partners {{ type ipv4_addr; elements = {{ {string.Join(", ", addresses)} }} }}\n");
        text.Append(" chain input { type filter hook input priority 0; policy drop;\n  ct state established,related accept\n  iifname lo accept\n");
        int[] popular = [.. Enumerable.Range(0, 100).Select(_ => random.Next(1, 65536))];
        for (int number = 0; number < rules; number++)
        {
            text.Append("  ").Append(Rule(random, popular)).Append('\n');
        }

        return text.Append(" }\n}\n").ToString();
    }

    private static string Rule(Random random, int[] popular)
    {
        int port = random.Next(2) == 0 ? random.Next(1, 65536) : popular[random.Next(popular.Length)];
        string source = random.Next(4) switch
        {
            0 => "ip saddr @partners",
            1 => string.Create(CultureInfo.InvariantCulture, $"ip6 saddr 2001:db8:{random.Next(65536):x}::/48"),
            _ => $"ip saddr {random.Next(1, 224)}.{random.Next(256)}.{random.Next(256)}.0/24",
        };
        return $"{source} {(random.Next(5) == 0 ? "udp" : "tcp")} dport {port} {(random.Next(5) == 0 ? "drop" : "accept")}";
    }
}
