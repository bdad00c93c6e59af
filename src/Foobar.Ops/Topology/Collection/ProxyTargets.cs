using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Topology.Collection;

/// <summary>
/// Where nginx passes requests on to: the directives <c>proxy_pass</c>, <c>fastcgi_pass</c>, <c>uwsgi_pass</c>, <c>scgi_pass</c>
/// and <c>grpc_pass</c>, with the <c>upstream</c> blocks that they name (nginx.org, ngx_http_upstream_module and the modules of
/// the directives). Pure.
/// </summary>
internal static class ProxyTargets
{
    private static readonly string[] Directives = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"];

    /// <summary>The places, each once.</summary>
    public static IReadOnlyList<ProxyTarget> Read(NginxDirective root)
    {
        NginxDirective[] all = [.. root.All];
        ILookup<string, NginxDirective> upstreams = all.Where(static each => each.Name == "upstream" && each.Block.Count > 0)
            .ToLookup(static each => each.Argument, StringComparer.Ordinal);
        return [.. all.Where(static each => Directives.Contains(each.Name)).SelectMany(each => Of(each, upstreams)).Distinct()];
    }

    /// <summary>The directories from which nginx serves files itself (<c>root</c>, <c>alias</c>).</summary>
    public static IEnumerable<string> Roots(NginxDirective root) => root.All
        .Where(
            static each =>
                each.Name is "root" or "alias" && each.Argument.StartsWith('/') && !each.Argument.Contains('$', StringComparison.Ordinal))
        .Select(static each => each.Argument.TrimEnd('/')).Where(static path => path.Length > 0).Distinct();

    /// <summary>The account of nginx's workers; <see langword="null"/> where the configuration names none.</summary>
    public static string? User(NginxDirective root) => root.Inner("user").LastOrDefault()?.Argument;

    private static IEnumerable<ProxyTarget> Of(NginxDirective directive, ILookup<string, NginxDirective> upstreams)
    {
        (string scheme, string place) = Split(directive.Argument);
        bool tls = scheme is "https" or "grpcs";
        if (upstreams.Contains(place))
        {
            return upstreams[place].SelectMany(static block => block.Inner("server")).Select(server =>
                Place(directive.Name, place, server.Argument, tls, tls ? 443 : 80) with { IsBackup = server.Arguments.Contains("backup") });
        }

        return [Place(directive.Name, null, place, tls, Port(scheme))];
    }

    private static int Port(string scheme) => scheme switch { "https" or "grpcs" => 443, "http" or "grpc" => 80, _ => 0 };

    // Without the path behind the host: http://app/shop. That of a unix socket stands in colons: http://unix:/run/app.sock:/shop.
    private static (string Scheme, string Place) Split(string argument)
    {
        int at = argument.IndexOf("://", StringComparison.Ordinal);
        string scheme = at < 0 ? "" : argument[..at].ToLowerInvariant();
        string rest = at < 0 ? argument : argument[(at + 3)..];
        return rest.StartsWith("unix:", StringComparison.Ordinal) ? (scheme, rest) : (scheme, rest.Split('/')[0]);
    }

    private static ProxyTarget Place(string directive, string? upstream, string place, bool tls, int usual)
    {
        if (place.Contains('$', StringComparison.Ordinal))
        {
            return new ProxyTarget(directive, upstream, place, 0, tls) { Doubt = $"{directive} {place}: a variable stands for the place" };
        }

        if (place.StartsWith("unix:", StringComparison.Ordinal))
        {
            return new ProxyTarget(directive, upstream, "", 0, tls);
        }

        int colon = place.LastIndexOf(':');
        bool hasPort = colon > place.LastIndexOf(']')
            && int.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        int port = hasPort ? int.Parse(place[(colon + 1)..], CultureInfo.InvariantCulture) : usual;
        return new ProxyTarget(directive, upstream, (hasPort ? place[..colon] : place).Trim('[', ']'), port, tls);
    }
}
