using System.Text;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>The commands that read everything of a server's agents but their answers over HTTP.</summary>
internal static class SurveyScript
{
    /// <summary>What it is read from, as findings name it.</summary>
    public const string Source = "units, processes, packages, containers, sockets, configurations and logs of the known agents";

    /// <summary>The command that reads all but the packages.</summary>
    public static RemoteCommand Command { get; } =
        RemoteCommand.FromScript(OwnFile.Read("agents.sh"), Table(KnownAgent.All.Values)) with { Privileged = true };

    /// <summary>
    /// The command that reads the packages, which the managers take long to look up, from what they keep of all: dpkg(1), and rpm(8)
    /// in its old and new place.
    /// </summary>
    public static RemoteCommand Packages { get; } =
        RemoteCommand.FromScript(OwnFile.Read("packages.sh"), KnownAgent.All.Values.SelectMany(static agent => agent.Packages)) with
        {
            IsShort = true,
            Sources = new CommandSources(
            [
                "/usr/bin/dpkg-query", "/var/lib/dpkg/status", "/var/lib/dpkg/updates", "/usr/bin/rpm", "/bin/rpm", "/var/lib/rpm/*",
                "/usr/lib/sysimage/rpm/*",
            ]),
        };

    /// <summary>The table as the script takes it.</summary>
    public static string Table(IEnumerable<KnownAgent> agents)
    {
        StringBuilder text = new();
        SortedSet<string> keys = new(StringComparer.Ordinal) { "LoadPlugin", "Port" };
        foreach (KnownAgent agent in agents)
        {
            Lines(text, "unit", agent.Units);
            Lines(text, "process", agent.Processes);
            Lines(text, "conf", agent.Configurations.Select(place => $"{agent.Name} {place.Format} {place.Path}"));
            Lines(text, "secret", agent.CredentialFiles.Select(path => $"{agent.Name} {path}"));
            Lines(text, "log", agent.Logs.Select(log => $"{agent.Name}\t-{log.Sent}\t-{log.Failed}\t{log.Path}"));
            if (agent.JournalSent is not null || agent.JournalFailed is not null)
            {
                Lines(text, "journal", [$"{agent.Name}\t-{agent.JournalSent}\t-{agent.JournalFailed}\t{string.Join(' ', agent.Units)}"]);
            }

            keys.UnionWith(Keys(agent));
        }

        Lines(text, "key", keys);
        return text.ToString();
    }

    /// <summary>The keys whose values may leave a server; no credential is among them, which a test holds.</summary>
    public static IEnumerable<string> Keys(KnownAgent agent) => agent.Endpoints.Concat(agent.Otherwise)
        .SelectMany(rule => (string?[])[rule.At, .. Conditions(rule.TlsIf), .. Conditions(rule.PlainIf), .. Conditions(rule.UnverifiedIf),
            .. Conditions(rule.OnlyIf)])
        .OfType<string>()
        .Select(static path => path[(path.LastIndexOf('/') + 1)..]);

    private static IEnumerable<string> Conditions(string? text) =>
        text is null ? [] : text.Split('|').Select(static condition => condition[..condition.IndexOf('=', StringComparison.Ordinal)]);

    private static void Lines(StringBuilder text, string kind, IEnumerable<string> values)
    {
        foreach (string value in values)
        {
            text.Append(kind).Append(' ').Append(value).Append('\n');
        }
    }
}
