using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// Where nginx logs requests, level by level: a level with an <c>access_log</c> of its own inherits none (ngx_http_log_module).
/// </summary>
internal sealed class NginxLogs
{
    /// <summary>Where Debian's, Ubuntu's and nginx.org's packages log if the configuration does not say.</summary>
    private const string DefaultAccessLog = "/var/log/nginx/access.log";

    private const string PartialNote = "Not all requests are logged: the configuration has 'access_log off' or 'if=' for a part of them.";

    private static readonly string[] Levels = ["server", "location", "if", "limit_except"];

    private readonly List<NginxLog> _logs = [];
    private bool _isPartial;

    /// <summary>The places, each once.</summary>
    public static IReadOnlyList<NginxLog> Of(NginxDirective configuration)
    {
        NginxLogs found = new();
        foreach (NginxDirective http in configuration.Inner("http"))
        {
            found.Take(http, [new NginxLog(DefaultAccessLog)]);
        }

        HashSet<string> classified = [.. configuration.Inner("http").SelectMany(http => http.Inner("log_format"))
            .Where(format => string.Concat(format.Arguments.Skip(1)).Split('"') is [_, var request, var rest, ..]
                && request is "$request"
                && rest.StartsWith(" $status", StringComparison.Ordinal))
            .Select(format => format.Argument), "combined"];

        IReadOnlyList<NginxLog> logs = [.. found._logs.GroupBy(log => log.Path).Select(Join)];
        return logs.Count == 0
            ? [new NginxLog("access_log") { Doubt = "the configuration logs no request at all" }]
            : [
                .. logs.Select(
                    log => log with
                    {
                        HasStatus = classified.Contains(log.Format),
                        Partial = found._isPartial || log.Partial is not null ? PartialNote : null,
                    }),
            ];
    }

    /// <summary>Takes the logs of the requests that end at a level, and of those that end further within.</summary>
    private void Take(NginxDirective level, IReadOnlyList<NginxLog> inherited)
    {
        NginxDirective[] own = [.. level.Inner("access_log")];
        bool isOff = own.Any(directive => directive.Argument == "off");
        IReadOnlyList<NginxLog> logs = own.Length == 0 ? inherited : isOff ? [] : [.. own.Select(Read)];
        bool servesRequests = level.Name != "http" || !level.Inner("server").Any();

        // The page with the counters itself is no traffic.
        _isPartial |= servesRequests && logs.Count == 0 && !IsStatusOnly(level);
        if (servesRequests)
        {
            _logs.AddRange(logs);
        }

        foreach (NginxDirective inner in level.Block.Where(inner => Levels.Contains(inner.Name)))
        {
            Take(inner, logs);
        }
    }

    private static bool IsStatusOnly(NginxDirective level) =>
        level.Inner("stub_status").Any() || (level.Inner("location").Any() && level.Inner("location").All(IsStatusOnly));

    private static NginxLog Read(NginxDirective directive)
    {
        NginxLog log = new(directive.Argument);
        if (!log.Path.StartsWith('/') || log.Path.Contains('$', StringComparison.Ordinal))
        {
            log = log with
            {
                Doubt = log.Path.Contains('$', StringComparison.Ordinal)
                    ? "a variable stands in its name, so which files it means can't be told"
                    : log.Path.StartsWith("syslog:", StringComparison.Ordinal) ? "it is sent to syslog, not written to a file"
                    : "it is no absolute path, and where it begins is not known",
            };
        }

        // The second argument is the name of the format; a parameter has an equals sign.
        return directive.Arguments.Skip(1).Aggregate(log, TakeParameter);
    }

    private static NginxLog TakeParameter(NginxLog log, string parameter)
    {
        int equals = parameter.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? parameter : parameter[..equals], value = equals < 0 ? "" : parameter[(equals + 1)..];
        return (name, equals >= 0) switch
        {
            ("gzip", _) => log with { Doubt = "it is compressed (gzip), so its lines can't be counted" },
            ("buffer", true) => log with { Buffer = value },
            ("flush", true) => log with { Flush = Time(value), Buffer = log.Buffer ?? "64k" },
            ("if", true) => log with { Partial = PartialNote },
            (_, false) => log with { Format = name },
            _ => log with { Doubt = NginxWords.AccessLogParameters.Trouble(name) },
        };
    }

    /// <summary>
    /// A time of nginx in seconds unless a unit follows: <c>1m</c>, <c>5s</c>, <c>1h30m</c>, <c>500ms</c> (nginx,
    /// "Configuration file measurement units").
    /// </summary>
    internal static TimeSpan? Time(string text)
    {
        TimeSpan total = TimeSpan.Zero;
        for (int at = 0; at < text.Length;)
        {
            int digits = at;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            int end = digits;
            while (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            double? seconds = text[digits..end] switch
            {
                "" or "s" => 1,
                "ms" => 0.001,
                "m" => 60,
                "h" => 3600,
                "d" => 86400,
                "w" => 604800,
                "M" => 2592000,
                "y" => 31536000,
                _ => null,
            };
            if (seconds is null
                || !int.TryParse(text.AsSpan(at, digits - at), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                return null;
            }

            total += TimeSpan.FromSeconds(number * Math.Min(seconds.Value, 31536000) is var sum && sum < 1e9 ? sum : 1e9);
            at = end;
        }

        return total;
    }

    /// <summary>The same place named at several levels: what holds for one may hold for all.</summary>
    private static NginxLog Join(IGrouping<string, NginxLog> logs) => logs.First() with
    {
        Doubt = logs.Select(log => log.Doubt).FirstOrDefault(doubt => doubt is not null),
        Buffer = logs.Select(log => log.Buffer).FirstOrDefault(buffer => buffer is not null),
        Flush = logs.Where(log => log.Buffer is not null).Select(log => log.Flush).FirstOrDefault(flush => flush is not null),
        Partial = logs.Select(log => log.Partial).FirstOrDefault(partial => partial is not null),
    };
}
