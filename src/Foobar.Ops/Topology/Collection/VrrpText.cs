using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Topology.Collection;

/// <summary>
/// Reads the virtual routers of keepalived's configuration (keepalived.conf(5)): blocks in braces, one setting a line,
/// <c>#</c> and <c>!</c> begin comments. What other blocks say is not read.
/// </summary>
internal static partial class VrrpText
{
    /// <summary>The virtual routers, and why there may be more.</summary>
    /// <param name="text">The configuration.</param>
    /// <param name="isRunning">Whether keepalived runs.</param>
    /// <param name="log">
    /// What its log tells of states and scripts, oldest first: <c>(site) Entering FAULT STATE</c>, <c>VRRP_Script(check) succeeded</c>
    /// (keepalived 1.3 to 2.3).
    /// </param>
    public static VrrpFacts Parse(string text, bool isRunning, string log = "")
    {
        Dictionary<string, string> states = new(StringComparer.Ordinal), scripts = new(StringComparer.Ordinal);
        foreach ((_, string line) in Lines.Of(log))
        {
            if (StateLine().Match(line) is { Success: true } state)
            {
                states[state.Groups["name"].Value] = state.Groups["state"].Value;
            }
            else if (ScriptLine().Match(line) is { Success: true } script)
            {
                scripts[script.Groups["name"].Value] = script.Groups["result"].Value;
            }
        }

        List<VrrpInstance> instances = [];
        List<string> included = [];
        Stack<string[]> open = new();
        Builder? current = null;
        string[] before = [];
        foreach ((_, string line) in Lines.Of(text))
        {
            foreach (string part in Parts(line))
            {
                // A brace on a line of its own opens what the line before names.
                string[] words = part == "{" ? [.. before, "{"] : Lines.Fields(part);
                before = words;
                if (part == "}")
                {
                    if (open.TryPop(out string[]? block) && open.Count == 0 && block[0] == "vrrp_instance" && current is not null)
                    {
                        instances.Add(current.Instance);
                        current = null;
                    }

                    continue;
                }

                if (words[^1] == "{")
                {
                    open.Push(words);
                    current = open.Count == 1 && words[0] == "vrrp_instance" ? new Builder(words.Length > 2 ? words[1] : "") : current;
                    continue;
                }

                if (words[0] == "include" && words.Length > 1)
                {
                    included.Add(words[1]);
                }

                current?.Take(open.Count > 1 ? open.Peek()[0] : null, words);
            }
        }

        return new VrrpFacts
        {
            IsRunning = isRunning,
            Instances =
            [
                .. instances.Select(instance => instance with
                {
                    State = states.GetValueOrDefault(instance.Name, ""),
                    FailedTracks = [.. instance.Tracks.Where(track => scripts.GetValueOrDefault(track, "succeeded") != "succeeded")],
                }),
            ],
            Unread = included.Count == 0
                ? null
                : $"it includes {string.Join(", ", included)}",
        };
    }

    [GeneratedRegex(@"^(VRRP_Instance)?\((?<name>[^)]+)\) Entering (?<state>[A-Z]+) STATE", RegexOptions.ExplicitCapture)]
    private static partial Regex StateLine();

    [GeneratedRegex(@"^VRRP_Script\((?<name>[^)]+)\) (?<result>succeeded|failed|timed out)", RegexOptions.ExplicitCapture)]
    private static partial Regex ScriptLine();

    // A brace may stand on the line of what it opens, or on one of its own: "virtual_ipaddress { 192.0.2.10 }" too.
    private static IEnumerable<string> Parts(string line)
    {
        string plain = line.Split('#', '!')[0].Trim();
        int start = 0;
        for (int at = 0; at < plain.Length; at++)
        {
            if (plain[at] is '{' or '}')
            {
                string before = plain[start..at].Trim();
                if (plain[at] == '{')
                {
                    yield return before.Length > 0 ? before + " {" : "{";
                }
                else
                {
                    if (before.Length > 0)
                    {
                        yield return before;
                    }

                    yield return "}";
                }

                start = at + 1;
            }
        }

        if (plain[start..].Trim() is { Length: > 0 } rest)
        {
            yield return rest;
        }
    }

    private sealed class Builder(string title)
    {
        private readonly List<string> _addresses = [];
        private readonly List<string> _tracks = [];
        private string _interface = "";
        private int _router;
        private int _priority = 100;

        public VrrpInstance Instance => new()
        {
            Name = title, Interface = _interface, RouterId = _router, Priority = _priority, Addresses = [.. _addresses],
            Tracks = [.. _tracks],
        };

        public void Take(string? block, string[] words)
        {
            switch (block, words)
            {
                case ("virtual_ipaddress" or "virtual_ipaddress_excluded", _):
                    _addresses.Add(words[0].Split('/')[0]);
                    break;
                case ("track_script" or "track_process", _):
                    _tracks.Add(words[0]);
                    break;
                case (null, ["interface", var name, ..]):
                    _interface = name;
                    break;
                case (null, ["virtual_router_id", var number, ..]):
                    _router = Number(number, 0);
                    break;
                case (null, ["priority", var number, ..]):
                    _priority = Number(number, _priority);
                    break;
                default:
                    break;
            }
        }

        private static int Number(string text, int otherwise) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
    }
}
