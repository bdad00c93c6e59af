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
    public static string Text(int rules, int elements) => $$"""
        table inet filter {
        {{Partners(elements)}}
         chain input { type filter hook input priority 0; policy drop;
          ct state established,related accept
          iifname lo accept
        {{Lines(rules)}}
         }
        }

        """;

    /// <summary>The same rules in a server's own ruleset, before its own that accept.</summary>
    /// <param name="ruleset">The server's ruleset, with <c>ct state invalid drop</c> in its first chain of table <c>inet
    /// filter</c>.</param>
    /// <param name="rules">The number of rules.</param>
    /// <param name="elements">The number of addresses in the set.</param>
    public static string Within(string ruleset, int rules, int elements)
    {
        const string Table = "table inet filter {";
        const string Before = "ct state invalid drop";
        int place = ruleset.IndexOf(Before, StringComparison.Ordinal) + Before.Length;
        return $"{ruleset[..place]}\n{Lines(rules)}{ruleset[place..]}"
            .Replace(Table, $"{Table}\n{Partners(elements)}", StringComparison.Ordinal);
    }

    private static string Partners(int elements)
    {
        Random random = new(7);
        HashSet<string> addresses = [];
        while (addresses.Count < elements)
        {
            addresses.Add($"{random.Next(1, 224)}.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}");
        }

        return $" set partners {{ type ipv4_addr; elements = {{ {string.Join(", ", addresses)} }} }}";
    }

    private static string Lines(int rules)
    {
        Random random = new(8);
        int[] popular = [.. Enumerable.Range(0, 100).Select(_ => random.Next(1, 65536))];
        StringBuilder text = new();
        for (int number = 0; number < rules; number++)
        {
            text.Append("  ").Append(Rule(random, popular)).Append('\n');
        }

        return text.ToString();
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
