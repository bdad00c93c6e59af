using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls.Legs;

/// <summary>
/// Where nginx listens, and whether with TLS (ngx_http_core_module, ngx_stream_core_module: listen; ngx_http_ssl_module: ssl,
/// ssl_verify_client, of which the innermost one holds). Sockets of unix and QUIC are left out.
/// </summary>
internal static class WebListenerReader
{
    /// <summary>Reads a configuration.</summary>
    public static IReadOnlyList<WebListener> Read(NginxDirective configuration) =>
        [.. configuration.Block.Where(static block => block.Name is "http" or "stream").SelectMany(Of)];

    private static IEnumerable<WebListener> Of(NginxDirective block) =>
        from server in block.Inner("server")
        let verify = server.Inner("ssl_verify_client").Concat(block.Inner("ssl_verify_client")).FirstOrDefault()?.Argument
        from listen in server.Inner("listen")
        where !listen.Argument.StartsWith("unix:", StringComparison.Ordinal) && !listen.Arguments.Contains("quic")
        let place = Place(listen.Argument)
        let isTls = listen.Arguments.Skip(1).Contains("ssl") || server.Inner("ssl").Any(static ssl => ssl.Argument == "on")
        select new WebListener
        {
            Address = place.Host,
            Port = place.Port,
            Tls = isTls,
            WantsClientCertificate = isTls && verify == "on",
            IsStream = block.Name == "stream",
        };

    /// <summary>The address and the port: <c>80</c>, <c>*:80</c>, <c>192.0.2.11</c>, <c>[::]:443</c>; port 80 unless told.</summary>
    private static (string Host, int Port) Place(string text)
    {
        const int Usual = 80;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int alone))
        {
            return ("", alone);
        }

        int colon = text.LastIndexOf(':');
        bool hasPort = colon > text.LastIndexOf(']') && colon >= 0;
        string host = (hasPort ? text[..colon] : text).Trim('[', ']');
        int port = hasPort && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given
            : Usual;
        return (host is "*" or "0.0.0.0" or "::" ? "" : host, port);
    }
}
