using System.Text.RegularExpressions;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>
/// Reads which statistics pages HAProxy serves, and to whom (Configuration Manual, 4.2 stats, http-request). Any <c>stats</c> line turns
/// the page on. A proxy with lines of its own takes none of the <c>defaults</c> (stats_check_init_uri_auth in proxy.c of HAProxy).
/// </summary>
internal static partial class StatsPageReader
{
    private const string UsualPath = "/haproxy?stats";

    /// <summary>The pages, in the order of the configuration.</summary>
    public static IReadOnlyList<StatsPage> ReadAll(IReadOnlyList<HaproxySection> sections, IReadOnlyList<ProxyRoute> routes) =>
        [.. sections.Where(static section => section.Kind is "frontend" or "listen" or "backend")
            .Select(section => Read(sections, section, routes))
            .OfType<StatsPage>()];

    private static StatsPage? Read(IReadOnlyList<HaproxySection> sections, HaproxySection section, IReadOnlyList<ProxyRoute> routes)
    {
        string[][] lines = Words(sections, section);
        string[][] own = [.. section.Lines.Select(Words).Where(IsStats)];
        string[][] stats = own.Length > 0 ? own : [.. lines.Where(IsStats)];
        bool isHttp = lines.LastOrDefault(static words => words is ["mode", _, ..]) is ["mode", "http", ..];

        // A backend serves it to what its frontends lead to it, behind their rules.
        ProxyRoute[] fronts =
        [
            .. routes.Where(route => section.Kind == "backend" ? route.LeadsTo(section.Name) : route.Name == section.Name),
        ];
        if (stats.Length == 0 || !isHttp || fronts.Length == 0)
        {
            return null;
        }

        IEnumerable<string[]> before = section.Kind == "backend" && fronts is [{ } front]
            ? sections.Where(each => each.Kind is "frontend" or "listen" && each.Name == front.Name)
                .SelectMany(each => Words(sections, each))
            : [];
        string[][] rules =
        [
            .. before.Concat(lines).Where(static words => words[0] is "tcp-request" or "http-request" or "acl" or "redirect"),
            .. stats.Where(static words => words is ["stats", "http-request", ..]).Select(static words => words[1..]),
        ];
        string[]? orders = stats.LastOrDefault(static words => words is ["stats", "admin", ..]);
        List<string> doubts = [];
        return new StatsPage
        {
            Proxy = section.Name,
            Path = stats.LastOrDefault(static words => words is ["stats", "uri", _, ..])?[2] ?? UsualPath,
            Listeners = [.. fronts.SelectMany(static route => route.Listeners).Distinct()],
            Guard = stats.Any(static words => words is ["stats", "auth", ..]) ? "stats auth" : Guard(rules, doubts),
            Orders = orders is null ? null : string.Join(' ', orders),
            OrdersOfAll = orders is null ? null : HoldsForAll(orders[2..]),
            Doubts = [.. doubts.Distinct()],
        };
    }

    private static string[][] Words(IReadOnlyList<HaproxySection> sections, HaproxySection section) =>
        [.. ProxyRouteReader.Inherited(sections, section, static (_, _, _) => { }).Select(Words)];

    private static string[] Words(HaproxyLine line) => [.. line.Words.Select(static word => word.Text)];

    private static bool IsStats(string[] words) => words is ["stats", not "socket", ..];

    private static bool? HoldsForAll(string[] condition) => condition switch
    {
        [] or ["if", "TRUE"] or ["unless", "FALSE"] => true,
        ["if", "FALSE" or "LOCALHOST"] or ["unless", "TRUE"] => false,
        _ => null,
    };

    // The rule that ends every request before the page; rules that end some, by who asks, are doubts.
    private static string? Guard(string[][] rules, List<string> doubts)
    {
        foreach ((int index, string[] rule) in rules.Index().Where(static each => each.Item[0] != "acl"))
        {
            string text = string.Join(' ', rule);
            int at = Array.FindIndex(rule, static word => word is "if" or "unless");
            bool ends = Ending().IsMatch(text);
            if (ends && (at < 0 || HoldsForAll(rule[at..]) == true))
            {
                return text;
            }

            // The rules after it are not looked at, if they stand in the same section.
            if (at < 0 && Admitting().IsMatch(text))
            {
                doubts.AddRange(Guard(rules[(index + 1)..], doubts) is null ? [] : [text]);
                return null;
            }

            if (at < 0 || HoldsForAll(rule[at..]) == false)
            {
                continue;
            }

            if (ends && AsksEverybody(rule[at..], rules))
            {
                return text;
            }

            string condition = Resolved(rule[at..], rules);

            if (Refusal().IsMatch(text) && ByClient().IsMatch(condition))
            {
                doubts.Add(text);
            }
        }

        return null;
    }

    // A further test in the condition, or another way to meet it, lets some pass without a login.
    private static bool AsksEverybody(string[] condition, string[][] rules)
    {
        string test = string.Join(' ', condition[1..]);
        bool isNegated = test.StartsWith('!');
        string bare = isNegated ? test[1..].TrimStart() : test;
        if (isNegated != (condition[0] == "if"))
        {
            return false;
        }

        string[][] named = [.. rules.Where(rule => rule is ["acl", { } name, _, ..] && name == bare)];
        return named.Length > 0
            ? named.All(static rule => AsksLogin().IsMatch(rule[2]))
            : bare.StartsWith("{ ", StringComparison.Ordinal) && bare.IndexOf('}', StringComparison.Ordinal) == bare.Length - 1
                && AsksLogin().IsMatch(bare[2..]);
    }

    // The condition with what its named parts test.
    private static string Resolved(string[] condition, string[][] rules) => string.Join(
        ' ', condition.Concat(rules.Where(rule => rule is ["acl", { } name, ..] && condition.Any(word => word.TrimStart('!') == name))
            .SelectMany(static rule => rule[2..])));

    [GeneratedRegex(
        @"^(tcp-request \w+ reject|(http-request )?(auth|deny|reject|silent-drop|tarpit|redirect|return|use-service)|redirect)\b")]
    private static partial Regex Ending();

    [GeneratedRegex(@"^(tcp-request \w+ (reject|accept)|(http-request )?(auth|deny|reject|silent-drop|tarpit|allow))\b")]
    private static partial Regex Refusal();

    [GeneratedRegex(@"^(http-request )?allow\b")]
    private static partial Regex Admitting();

    [GeneratedRegex(@"^http_auth(_group)?\(")]
    private static partial Regex AsksLogin();

    [GeneratedRegex(@"\b(src|http_auth\w*|ssl_c_\w+|path\w*|url\w*|base\w*|hdr\w*|req\.\w+|var|LOCALHOST)\b")]
    private static partial Regex ByClient();
}
