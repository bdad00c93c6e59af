using System.Globalization;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>Tells by its counters which rules of legacy iptables met packets; the kernel traces those of nftables only.</summary>
internal sealed class LegacyCounters
{
    private Dictionary<string, string> _before = Read();

    /// <summary>The rules that met packets since the last call: <c>ip filter INPUT rule 3</c>.</summary>
    public IReadOnlyList<string> RulesMet()
    {
        Dictionary<string, string> now = Read();
        string[] met = [.. now.Where(pair => _before.GetValueOrDefault(pair.Key) != pair.Value).Select(static pair => pair.Key)];
        _before = now;
        return met;
    }

    private static Dictionary<string, string> Read()
    {
        Dictionary<string, string> counters = [];
        foreach ((string family, string tool) in ((string, string)[])[("ip", "iptables-legacy-save"), ("ip6", "ip6tables-legacy-save")])
        {
            string table = string.Empty;
            Dictionary<string, int> positions = [];
            foreach (string line in Tool.Run(tool, string.Empty, "-c").Split('\n'))
            {
                if (line.StartsWith('*'))
                {
                    (table, positions) = (line[1..], []);
                }
                else if (line.StartsWith('[') && line.Split(' ') is [string counter, "-A", string chain, ..])
                {
                    positions[chain] = positions.GetValueOrDefault(chain) + 1;
                    counters.Add(string.Create(CultureInfo.InvariantCulture, $"{family} {table} {chain} rule {positions[chain]}"), counter);
                }
            }
        }

        return counters;
    }
}
