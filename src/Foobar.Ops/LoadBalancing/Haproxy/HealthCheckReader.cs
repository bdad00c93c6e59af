using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <see cref="HealthCheck"/>; of what is inherited the later word holds.</summary>
internal static class HealthCheckReader
{
    /// <summary>The checks of all servers that have a line of their own.</summary>
    public static IReadOnlyList<HealthCheck> ReadAll(IReadOnlyList<HaproxySection> sections) =>
    [
        .. from section in sections
           where section.Kind is "backend" or "listen"
           from line in section.Lines
           where ServerStartReader.IsServer(line)
           select Read(sections, section, line),
    ];

    private static HealthCheck Read(IReadOnlyList<HaproxySection> sections, HaproxySection section, HaproxyLine server)
    {
        List<string> doubts = [];
        IReadOnlyList<HaproxyLine> all = ProxyRouteReader.Inherited(
            sections, section, (applies, keyword, reason) => doubts.AddRange(applies ? [$"'{keyword}': {reason}"] : []));
        bool isHttp = false;
        foreach (HaproxyLine line in all.Where(static line => line.Keyword == "option"))
        {
            string[] words = [.. line.Words.Select(static word => word.Text)];
            string name = words.SkipWhile(static word => word is "no" or "default" or "option").FirstOrDefault() ?? "";
            bool isCheck = name.EndsWith("-check", StringComparison.Ordinal) || name is "httpchk" or "ssl-hello-chk";
            isHttp = isCheck ? name == "httpchk" && words[0] == "option" : isHttp;
        }

        string? port = null, address = null, interval = null;
        IEnumerable<IEnumerable<ConfigurationWord>> options = all.TakeWhile(line => line != server)
            .Where(static line => line.Keyword == "default-server")
            .Select(static line => line.Words.Skip(1))
            .Append(server.Words.Skip(3));
        foreach (ServerOption option in options.SelectMany(ServerOption.Read))
        {
            port = option.Name == "port" ? option.Argument?.Text : port;
            address = option.Name == "addr" ? option.Argument?.Text : address;
            interval = option.Name == "inter" ? option.Argument?.Text : interval;
            doubts.AddRange(
                option.Name == "healthcheck" ? ["'healthcheck': a section of its own says what is asked"]
                    : option.Word.HasVariable || HaproxyWords.ServerOptions.Find(option.Name) is null ? [option.Trouble ?? option.Name]
                    : []);
        }

        // Of several connections that a check makes the last one decides last; one of them elsewhere is enough to be told.
        foreach (string[] words in Rules(all, "connect"))
        {
            port = Argument(words, "port") ?? port;
            address = Argument(words, "addr") ?? address;
        }

        ProxyListener place = ProxyRouteReader.Listener(server.Words[2].Text);
        TimeSpan? pause = interval is null ? HealthCheck.UsualInterval : HaproxyDuration.Parse(interval);
        doubts.AddRange(pause is null ? [$"'inter {interval}' is no time"] : []);
        bool isElsewhere = (port is not null && port != FormattableString.Invariant($"{place.Port}"))
            || (address is not null && address != place.Address);
        return new HealthCheck
        {
            Backend = section.Name,
            Name = server.Words[1].Text,
            IsHttp = isHttp,
            Elsewhere = isElsewhere ? $"{address ?? place.Address}:{port ?? FormattableString.Invariant($"{place.Port}")}" : null,
            Lenient = isHttp ? Rules(all, "expect").Select(Lenient).OfType<string>().LastOrDefault() : null,
            Interval = pause ?? HealthCheck.UsualInterval,
            Doubts = [.. doubts.Distinct()],
        };
    }

    // The rules of checks, of HTTP and of others.
    private static IEnumerable<string[]> Rules(IReadOnlyList<HaproxyLine> lines, string action) => lines
        .Where(static line => line.Keyword is "http-check" or "tcp-check")
        .Select(static line => line.Words.Select(static word => word.Text).ToArray())
        .Where(words => words.Length > 1 && words[1] == action);

    private static string? Argument(string[] words, string name) =>
        Array.IndexOf(words, name) is var at and >= 0 && at + 1 < words.Length ? words[at + 1] : null;

    // Without an expectation 2xx and 3xx are good answers. One of a header or a text of the page says nothing of the status.
    private static string? Lenient(string[] words)
    {
        int at = Array.FindIndex(words, static word => word is "status" or "rstatus");
        if (at < 0 || at + 1 >= words.Length)
        {
            return null;
        }

        bool isNegated = at > 0 && words[at - 1] == "!";
        bool Takes(int status) => isNegated != (words[at] == "status" ? IsListed(words[at + 1], status) : IsMatched(words[at + 1], status));
        int[] taken = [.. ((int[])[404, 500, 502, 503]).Where(Takes)];
        return taken.Length == 0 ? null : $"{string.Join(' ', words[1..])}: takes {string.Join(", ", taken)} for a good answer";
    }

    private static bool IsListed(string list, int status) => list.Split(',').Any(range =>
        range.Split('-') is [var first, .. var last] && int.TryParse(first, CultureInfo.InvariantCulture, out int from)
            && int.TryParse(last is [var end] ? end : first, CultureInfo.InvariantCulture, out int to) && status >= from && status <= to);

    // HAProxy's expressions are POSIX or PCRE ones; of a status they use what is common to all. One that can't be read is no doubt
    // less than one that matches.
    private static bool IsMatched(string expression, int status)
    {
        try
        {
            return Regex.IsMatch(
                FormattableString.Invariant($"{status}"), expression, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (Exception error) when (error is ArgumentException or RegexMatchTimeoutException)
        {
            return true;
        }
    }
}
