using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Judges who gets HAProxy's statistics page.</summary>
internal static class StatsPageJudge
{
    /// <summary>Whether the page is shown to operators only.</summary>
    public static IEnumerable<Verdict> Shown(ServerCase<LoadBalancerFacts> server) => server.Facts.Configuration.Judge(
        read => read.StatsPages.Select(page => Judge(page, server.Site, page.Doubts))
            .DefaultIfEmpty(Verdict.NotApplicable(actual: "no statistics page")));

    /// <summary>Whether it takes orders from operators only.</summary>
    public static IEnumerable<Verdict> Ordered(ServerCase<LoadBalancerFacts> server) => server.Facts.Configuration.Judge(
        read => read.StatsPages.Where(static page => page.Orders is not null)
            .Select(
                page => page.OrdersOfAll == false
                    ? Verdict.Pass(Target(page), page.Orders)
                    : Judge(page, server.Site, page.OrdersOfAll is null ? [.. page.Doubts, page.Orders!] : page.Doubts))
            .DefaultIfEmpty(Verdict.NotApplicable(actual: "no statistics page takes orders")));

    private static Verdict Judge(StatsPage page, Site site, IReadOnlyList<string> doubts)
    {
        const string Expected = "stats auth, or an http-request auth rule";
        ProxyListener[] open = [.. page.Listeners.Where(static listener => !listener.IsLocal && !listener.WantsClientCertificate)];
        string actual = $"no password, on {string.Join(", ", open.AsEnumerable())}{(page.Orders is null ? "" : $", and {page.Orders}")}";
        return page.Guard is not null ? Verdict.Pass(Target(page), page.Guard)
            : open.Length == 0 ? Verdict.Pass(Target(page), "on the server itself or with a certificate alone")
            : doubts.Count > 0 ? Verdict.Unknown(
                Target(page), $"Whom these rules let through can't be told: {string.Join("; ", doubts)}.", HaproxyFiles.Source)
            : open.Any(listener => IsForOthers(listener, site)) ? Verdict.Fail(Target(page), Expected, actual, HaproxyFiles.Source)
            : Verdict.Warning(Target(page), Expected, $"{actual}: only firewalls keep others off", HaproxyFiles.Source);
    }

    private static string Target(StatsPage page) => $"{page.Proxy} {page.Path}";

    // A declared flow of others than operators leads to the port.
    private static bool IsForOthers(ProxyListener listener, Site site) => site.Policy.Flows.Any(
        flow => flow.From.Any(static from => from != "operator")
            && flow.Ports.Any(range => range.First <= listener.LastPort && range.Last >= listener.Port));
}
