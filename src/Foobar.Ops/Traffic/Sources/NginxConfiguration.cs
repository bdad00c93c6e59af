using System.Globalization;
using System.Net;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>A page of nginx with its counters.</summary>
/// <param name="Address">The address to connect to, from the server.</param>
/// <param name="Url">The page; its host is the name of the virtual host that has it.</param>
internal sealed record NginxStatusPage(string Address, Uri Url);

/// <summary>What is wanted of nginx's configuration to count its requests.</summary>
/// <param name="StatusPages">The pages with counters (ngx_http_stub_status_module), those in plain HTTP first.</param>
/// <param name="Logs">Where requests are logged.</param>
internal sealed record NginxConfiguration(IReadOnlyList<NginxStatusPage> StatusPages, IReadOnlyList<NginxLog> Logs)
{
    /// <summary>Where nginx writes its process id.</summary>
    public string PidFile { get; init; } = "/run/nginx.pid";

    /// <summary>How many workers there are; <see langword="null"/> for as many as processors.</summary>
    public int? Workers { get; init; } = 1;

    private const int HttpPort = 80;

    /// <summary>The files requests are logged to.</summary>
    public IReadOnlyList<string> AccessLogs => [.. Logs.Where(log => log.IsFile).Select(log => log.Path)];

    /// <summary>Reads what <c>nginx -T</c> prints.</summary>
    /// <exception cref="Errors.ParseException">It is not understood.</exception>
    public static NginxConfiguration Parse(string text) => Of(NginxText.Parse(text));

    /// <summary>Takes what is wanted from a configuration.</summary>
    public static NginxConfiguration Of(NginxDirective configuration)
    {
        NginxDirective[] servers = [.. configuration.Inner("http").SelectMany(http => http.Inner("server"))];
        return new NginxConfiguration(
            [.. servers.SelectMany(StatusPagesOf).DistinctBy(page => (page.Address, page.Url)).OrderBy(page => page.Url.Scheme.Length)],
            NginxLogs.Of(configuration))
        {
            PidFile = configuration.Inner("pid").FirstOrDefault()?.Argument is { } path && path.StartsWith('/') ? path : "/run/nginx.pid",
            Workers = configuration.Inner("worker_processes").FirstOrDefault()?.Argument is not { } workers ? 1
                : int.TryParse(workers, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null,
        };
    }

    private static IEnumerable<NginxStatusPage> StatusPagesOf(NginxDirective server)
    {
        string[] paths = [.. StatusPaths(server)];
        if (paths.Length == 0)
        {
            yield break;
        }

        // Without a name the first server of the port answers; with one the request must ask for it.
        string? name = server.Inner("server_name").SelectMany(directive => directive.Arguments)
            .FirstOrDefault(each => each.Length > 0 && each != "_" && Uri.CheckHostName(each) == UriHostNameType.Dns);
        IEnumerable<IReadOnlyList<string>> listens = server.Inner("listen").Select(directive => directive.Arguments).DefaultIfEmpty(["80"]);
        foreach (IReadOnlyList<string> listen in listens.Where(IsAsked))
        {
            if (Endpoint(listen[0]) is not { } endpoint)
            {
                continue;
            }

            bool isTls = listen.Contains("ssl") || server.Inner("ssl").Any(directive => directive.Argument == "on");
            foreach (string path in paths)
            {
                yield return new NginxStatusPage(
                    endpoint.Host, new UriBuilder(isTls ? "https" : "http", name ?? endpoint.Host, endpoint.Port, path).Uri);
            }
        }
    }

    /// <summary>
    /// Whether the page can be asked for there: over TCP, without a header of another protocol, and with nothing unknown
    /// about it.
    /// </summary>
    private static bool IsAsked(IReadOnlyList<string> listen) =>
        listen.Count > 0
            && !listen.Contains("proxy_protocol")
            && !listen.Contains("quic")
            && NginxWords.ListenParameters.Trouble(listen.Skip(1).Select(word => word.Split('=')[0])) is null;

    /// <summary>The paths that lead to the page: of prefix and exact locations; those of a regular expression can't be told.</summary>
    private static IEnumerable<string> StatusPaths(NginxDirective block)
    {
        if (block.Inner("stub_status").Any())
        {
            string path = block.Name == "location" ? block.Arguments[^1] : "/";
            bool isPlain = block.Name == "server" || block.Arguments.Count == 1 || block.Argument is "=" or "^~";
            if (isPlain && path.StartsWith('/'))
            {
                yield return path;
            }
        }

        foreach (string path in block.Inner("location").Where(inner => inner.Arguments.Count > 0).SelectMany(StatusPaths))
        {
            yield return path;
        }
    }

    /// <summary>
    /// The address of a listen directive: <c>80</c>, <c>*:80</c>, <c>127.0.0.1:8081</c>, <c>[::1]:80</c>,
    /// <c>localhost:80</c>; none for a unix socket, another name, or a port out of range.
    /// </summary>
    private static (string Host, int Port)? Endpoint(string listen)
    {
        if (listen.StartsWith("unix:", StringComparison.Ordinal))
        {
            return null;
        }

        int colon = listen.EndsWith(']') ? -1 : listen.LastIndexOf(':');
        string host = colon < 0 && listen.All(char.IsAsciiDigit) ? "" : colon < 0 ? listen : listen[..colon];
        string port = colon >= 0 ? listen[(colon + 1)..] : host.Length == 0 ? listen : HttpPort.ToString(
            CultureInfo.InvariantCulture);
        string address = host.Trim('[', ']') is "" or "*" or "0.0.0.0" or "::" or "localhost" ? "127.0.0.1" : host.Trim('[', ']');

        // A range of ports (1.15.10 and later) serves the page on each.
        return ushort.TryParse(port.Split('-')[0], out ushort number) && number > 0 && IPAddress.TryParse(address, out _)
            ? (address, number)
            : null;
    }
}
