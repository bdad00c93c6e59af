using Foobar.Ops.Errors;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Changes one word in an HAProxy configuration and leaves all else as it was, byte for byte.</summary>
internal static class HaproxyConfiguration
{
    private static readonly string[] Sections =
        ["global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "mailers", "cache", "program", "http-errors", "ring", "log-forward", "fcgi-app", "crt-store", "traces"];

    /// <summary>The text with a server's line in a backend (or listen section) disabled or not.</summary>
    /// <exception cref="FoobarException"><c>BackendNotInConfiguration</c>: there is no such line.</exception>
    public static string WithDisabled(string text, string backend, string server, bool disabled)
    {
        string[] lines = text.Split('\n');
        bool inside = false;
        for (int index = 0; index < lines.Length; index++)
        {
            string[] words = Words(lines[index]);
            if (words.Length > 0 && Sections.Contains(words[0]))
            {
                inside = words[0] is "backend" or "listen" && words.Length > 1 && words[1] == backend;
            }
            else if (inside && words.Length > 2 && words[0] == "server" && words[1] == server)
            {
                lines[index] = disabled ? Disable(lines[index], words) : Enable(lines[index]);
                return string.Join('\n', lines);
            }
        }

        throw new FoobarException("BackendNotInConfiguration", ErrorKind.NotFound, $"HAProxy's configuration has no line 'server {server}' in the backend '{backend}'.")
        {
            Recommendation = "Name the servers of the backend as its configuration does, one line each in /etc/haproxy/haproxy.cfg.",
        };
    }

    private static string[] Words(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        return (comment < 0 ? line : line[..comment]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Disable(string line, string[] words)
    {
        if (words.Contains("disabled"))
        {
            return line;
        }

        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string setting = comment < 0 ? line : line[..comment];
        string kept = setting.TrimEnd();
        return kept + " disabled" + setting[kept.Length..] + (comment < 0 ? "" : line[comment..]);
    }

    private static string Enable(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string setting = comment < 0 ? line : line[..comment];
        int at = setting.IndexOf(" disabled", StringComparison.Ordinal);
        while (at >= 0)
        {
            int end = at + " disabled".Length;
            if (end == setting.Length || char.IsWhiteSpace(setting[end]))
            {
                setting = setting.Remove(at, " disabled".Length);
                at = setting.IndexOf(" disabled", StringComparison.Ordinal);
            }
            else
            {
                at = setting.IndexOf(" disabled", end, StringComparison.Ordinal);
            }
        }

        return setting + (comment < 0 ? "" : line[comment..]);
    }
}
