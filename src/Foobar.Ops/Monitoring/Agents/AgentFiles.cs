using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>What a server's files say of the agents. No line of a configuration is read out: it may hold a key.</summary>
internal sealed record AgentFiles(string? Configuration, bool? IsConfigured, double? LogAgeSeconds)
{
    public const string Source = "configurations and logs of the known agents";

    /// <summary>
    /// Arguments are words of three: what (<c>conf</c> or <c>log</c>), the agent's name, and the path; for <c>conf</c> a
    /// fourth, the expression to look for. Prints <c>conf NAME yes|no PATH</c> and <c>log NAME AGE PATH</c>.
    /// </summary>
    public const string Script = """
        now=$(date +%s)
        while [ $# -ge 4 ]; do
          if [ -f "$3" ]; then
            case $1 in
              conf) if grep -q -- "$4" "$3" 2>/dev/null; then echo "conf $2 yes $3"; else echo "conf $2 no $3"; fi ;;
              log) echo "log $2 $((now - $(stat -c %Y -- "$3"))) $3" ;;
            esac
          fi
          shift 4
        done
        """;

    public static IEnumerable<string> Arguments(IEnumerable<KnownAgent> agents) => agents.SelectMany(agent =>
        agent.Configurations.SelectMany(path => (string[])["conf", agent.Name, path, agent.Setting ?? "."])
            .Concat(agent.Logs.SelectMany(path => (string[])["log", agent.Name, path, ""])));

    /// <summary>Reads what <see cref="Script"/> prints, by agent.</summary>
    /// <exception cref="Errors.ParseException">A line is not of that form.</exception>
    public static IReadOnlyDictionary<string, AgentFiles> Parse(string text)
    {
        Dictionary<string, AgentFiles> found = [];
        foreach ((int number, string line) in Lines.Of(text))
        {
            string[] fields = Lines.Fields(line, 4);
            AgentFiles known = fields.Length == 4 ? found.GetValueOrDefault(fields[1], new AgentFiles(null, null, null)) : throw Unexpected(number, line);
            found[fields[1]] = fields[0] switch
            {
                "conf" when known.IsConfigured != true => known with { Configuration = fields[3], IsConfigured = fields[2] == "yes" },
                "conf" => known,
                "log" => known with { LogAgeSeconds = Math.Min(known.LogAgeSeconds ?? double.MaxValue, Age(number, line, fields[2])) },
                _ => throw Unexpected(number, line),
            };
        }

        return found;
    }

    private static double Age(int number, string line, string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long age) ? age : throw Unexpected(number, line);

    private static Errors.ParseException Unexpected(int number, string line) => Lines.Unexpected(Source, number, "'conf' or 'log', agent, value and path", line);
}
