using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>
/// Reads from nginx's configuration the names it serves and where it passes requests (ngx_http_core_module: server_name;
/// ngx_http_proxy_module, -fastcgi, -uwsgi, -scgi, -grpc: *_pass; ngx_http_upstream_module: server).
/// </summary>
internal static class WebReader
{
    private static readonly string[] Passing = ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"];

    /// <summary>Reads a configuration.</summary>
    public static WebFacts Read(NginxDirective configuration)
    {
        NginxDirective[] all = [.. configuration.All];
        ILookup<string, string> groups = all.Where(static each => each.Name == "upstream")
            .SelectMany(static group => group.Inner("server").Select(server => (Name: group.Argument, Place: server.Argument)))
            .ToLookup(static each => each.Name, static each => each.Place);
        return new WebFacts
        {
            Listeners = WebListenerReader.Read(configuration),
            ServerNames =
            [
                .. all.Where(static each => each.Name == "server_name").SelectMany(static each => each.Arguments)
                    .Where(
                        static name =>
                            Uri.CheckHostName(name) == UriHostNameType.Dns && name.Contains('.', StringComparison.Ordinal))
                            .Distinct(StringComparer.OrdinalIgnoreCase),
            ],
            Upstreams =
            [
                .. all.Where(static each => Passing.Contains(each.Name)).Select(static each => Place(each.Argument))
                    .SelectMany(place => groups.Contains(place) ? groups[place].Select(Place) : [place])
                    .Where(static place => place.Length > 0 && !place.Contains('$', StringComparison.Ordinal)).Distinct(),
            ],
        };
    }

    /// <summary>Host and port of a destination: <c>http://127.0.0.1:8080/api</c>, <c>app:8080</c>, <c>unix:/run/app.sock</c>.</summary>
    private static string Place(string text)
    {
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        string rest = scheme < 0 ? text : text[(scheme + 3)..];
        return rest.StartsWith("unix:", StringComparison.Ordinal) ? rest.Split(':')[1] : rest.Split('/')[0];
    }
}
