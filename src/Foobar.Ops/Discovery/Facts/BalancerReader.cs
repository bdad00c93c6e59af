using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>
/// Reads from HAProxy's configuration where each frontend leads (Configuration Manual, 4.2: default_backend, use_backend,
/// http-request redirect, redirect, http-request use-service, stats enable) and the admin socket (3.1: stats socket).
/// </summary>
internal static class BalancerReader
{
    /// <summary>Reads a configuration.</summary>
    /// <param name="sections">Its sections, in the order in which HAProxy reads them.</param>
    /// <param name="version">HAProxy's version; <see langword="null"/> if not known.</param>
    public static BalancerFacts Read(IReadOnlyList<HaproxySection> sections, Version? version) => new()
    {
        Legs = BalancerTlsReader.Read(sections, version),
        Routes =
        [
            .. sections.Where(static section => section.Kind is "frontend" or "listen")
                .Zip(ProxyRouteReader.ReadAll(sections), Route),
        ],
        TakingTraffic =
        [
            .. sections.Where(static section => section.Kind is "backend" or "listen").Select(static section => section.Name).Distinct()
                .SelectMany(name => ServerStartReader.ReadAll(sections, name))
                .Where(static start => start.TakesTraffic && !start.IsBackup).Select(static start => $"{start.Backend}/{start.Name}"),
        ],
        AdminSocket = sections.Where(static section => section.Kind == "global").SelectMany(static section => section.Lines)
            .Select(static line => line.Words.Select(static word => word.Text).ToArray())
            .Where(
                static words =>
                    words is ["stats", "socket", ..] && words.Length > 2 && words[2].StartsWith('/') && Follows(words, "level", "admin"))
            .Select(static words => words[2]).FirstOrDefault(),
    };

    private static FrontendRoute Route(HaproxySection section, ProxyRoute route)
    {
        string[][] lines = [.. section.Lines.Select(static line => line.Words.Select(static word => word.Text).ToArray())];
        return new FrontendRoute(
            section.Name,

            // What takes all that is left is told first.
            [.. route.Leads.Reverse().Select(static lead => lead.Backend).Distinct()],
            lines.Any(static words => words is ["redirect", "scheme", "https", ..] or ["http-request", "redirect", "scheme", "https", ..]),
            lines.Any(static words => words is ["http-request", "use-service", ..] or ["stats", "enable", ..] or ["stats", "uri", ..]));
    }

    private static bool Follows(string[] words, string word, string next) =>
        Array.IndexOf(words, word) is > 0 and int at && at + 1 < words.Length && words[at + 1] == next;
}
