using System.Globalization;
using System.Text;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>An ipset that rules may use.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">How many parts its key has.</param>
/// <param name="HasPort">Whether its key has a port, so that rules must look at TCP or UDP.</param>
/// <param name="Version4">Its IP version, or <see langword="null"/> if it has none.</param>
/// <param name="Text">The lines that make it.</param>
internal sealed record IpsetSet(string Name, int Dimensions, bool HasPort, bool? Version4, string Text)
{
    /// <summary>Makes one of most types for each IP version.</summary>
    public static IEnumerable<IpsetSet> Make(Random random, ValueMaker values)
    {
        foreach (bool version4 in (bool[])[true, false])
        {
            string family = version4 ? "inet" : "inet6";
            string suffix = version4 ? "4" : "6";
            yield return Set(
                $"ip{suffix}", $"hash:ip family {family}", 1, false, version4,
                Many(random, () => values.Address(version4, single: true).Text));
            yield return Set(
                $"net{suffix}", $"hash:net family {family} timeout 600", 1, false, version4,
                Many(random, () => values.Network(version4).Text).Append(values.Network(version4).Text + " nomatch"));
            yield return Set(
                $"ipport{suffix}", $"hash:ip,port family {family}", 2, true, version4,
                Many(random, () => $"{values.Address(version4, single: true).Text},{Port(random, values)}"));
            yield return Set(
                $"netport{suffix}", $"hash:net,port family {family}", 2, true, version4,
                Many(random, () => $"{values.Network(version4).Text},{Port(random, values)}"));
            yield return Set(
                $"three{suffix}", $"hash:ip,port,ip family {family}", 3, true, version4,
                Many(
                    random,
                    () =>
                        $"{values.Address(version4, single: true).Text},{Port(random, values)},{values.Address(version4, single: true).Text}"));
            yield return Set(
                $"ipportnet{suffix}", $"hash:ip,port,net family {family}", 3, true, version4,
                Many(
                    random, () => $"{values.Address(version4, single: true).Text},{Port(random, values)},{values.Network(version4).Text}"));
            yield return Set(
                $"face{suffix}", $"hash:net,iface family {family}", 2, false, version4,
                Many(random, () => $"{values.Network(version4).Text},eth{random.Next(2)}"));
            yield return Set(
                $"mask{suffix}", $"hash:ip family {family} netmask {(version4 ? 24 : 64)}", 1, false, version4,
                Many(random, () => values.Address(version4, single: true).Text));
            yield return Set(
                $"bits{suffix}", $"hash:ip family {family} bitmask {(version4 ? "255.255.0.0" : "ffff:ffff:ffff::")}", 1, false, version4,
                Many(random, () => values.Address(version4, single: true).Text));
            yield return Set(
                $"facewild{suffix}", $"hash:net,iface family {family}", 2, false, version4,
                Many(random, () => $"{values.Network(version4).Text},eth wildcard"));
            yield return Set($"list{suffix}", "list:set", 1, false, version4, [$"ip{suffix}", $"net{suffix}"]);
        }

        yield return Set(
            "map4", "bitmap:ip range 192.0.2.0/24 netmask 28", 1, false, true, Many(random, () => $"192.0.2.{random.Next(256)}"));
        yield return Set("ports", "bitmap:port range 0-65535", 1, true, null, Many(random, () => values.Port().Text));
    }

    private static IpsetSet Set(string name, string type, int dimensions, bool hasPort, bool? version4, IEnumerable<string> members)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"create {name} {type}\n");
        foreach (string member in members.DistinctBy(static member => member.Replace(" nomatch", string.Empty, StringComparison.Ordinal)))
        {
            text.Append(CultureInfo.InvariantCulture, $"add {name} {member} -exist\n");
        }

        return new IpsetSet(name, dimensions, hasPort, version4, text.ToString());
    }

    private static string Port(Random random, ValueMaker values) =>
        (random.Next(3) == 0 ? "udp:" : "tcp:") + values.Port(single: true).Text;

    private static string[] Many(Random random, Func<string> make) => [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => make())];
}
