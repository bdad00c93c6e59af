namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>Makes nftables' address and port translations.</summary>
internal static class NftTranslations
{
    /// <summary>A destination translation or a redirection.</summary>
    public static string Destination(Random random, ValueMaker values, string family, int version, bool hasTransport)
    {
        string port = hasTransport ? $":{values.Port(single: true).Text}" : string.Empty;
        if (version == 0 || random.Next(4) == 0)
        {
            return hasTransport ? $"redirect to {port}" : "redirect";
        }

        return (hasTransport ? random.Next(5) : random.Next(2)) switch
        {
            0 => $"{Word("dnat", family, version)} to {values.Address(version == 4, single: true).Text}",
            1 => $"{Word("dnat", family, version)} to {Inside(random, version)}",
            2 => $"dnat to {port}",
            3 => $"{Word("dnat", family, version)} to {Bracketed(Inside(random, version), version)}{port}-{65535}",
            _ => $"{Word("dnat", family, version)} to {Bracketed(Inside(random, version), version)}{port}",
        };
    }

    /// <summary>A source translation or a masquerade.</summary>
    public static string Source(Random random, ValueMaker values, string family, int version, bool hasTransport, bool mayMasquerade)
    {
        if (mayMasquerade && (version == 0 || random.Next(3) == 0))
        {
            return hasTransport && random.Next(3) == 0 ? "masquerade to :20000-30000" : "masquerade";
        }

        if (version == 0)
        {
            return "accept";
        }

        string prefix = version == 4 ? "ip" : "ip6";
        string own = version == 4
            ? Pick(random, "192.0.2.1", "198.51.100.1", "203.0.113.5")
            : Pick(random, "2001:db8:b::1", "2001:db8:a::1", "2001:db8:c::5");
        return random.Next(hasTransport ? 4 : 3) switch
        {
            0 => $"{Word("snat", family, version)} to {(version == 4 ? "203.0.113.20-203.0.113.30" : "2001:db8:c::20-2001:db8:c::30")}",
            1 =>
                $"{Word("snat", family, version)} to {prefix} saddr map {{ "
                    + $"{string.Join(", ", values.Disjoint(() => values.Address(version == 4), 3).Select(span => $"{span.Text} : {own}"))} }}",
            2 => $"{Word("snat", family, version)} to {own}",
            _ => $"{Word("snat", family, version)} to {Bracketed(own, version)}:{values.Port(single: true).Text}-65535",
        };
    }

    private static string Word(string word, string family, int version) =>
        family == "inet" ? $"{word} {(version == 4 ? "ip" : "ip6")}" : word;

    private static string Inside(Random random, int version) => version == 4
        ? Pick(random, "192.0.2.11", "192.0.2.12", "192.0.2.11-192.0.2.14", "203.0.113.10")
        : Pick(random, "2001:db8:b::11", "2001:db8:b::12", "2001:db8:b::11-2001:db8:b::14", "2001:db8:c::10");

    private static string Bracketed(string address, int version) =>
        version == 4 ? address : string.Join('-', address.Split('-').Select(static one => $"[{one}]"));

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
