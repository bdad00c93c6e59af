using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls.Files;

/// <summary>
/// The certificates that nginx loads, with the addresses and names of the servers that serve them (ngx_http_ssl_module,
/// ngx_stream_ssl_module, ngx_mail_ssl_module), and those that it shows to servers behind it.
/// </summary>
internal static class NginxCertificates
{
    private const string Program = "nginx", Directive = "ssl_certificate", Key = "_key";

    private static readonly string[] ClientDirectives = ["proxy_ssl_certificate", "grpc_ssl_certificate", "uwsgi_ssl_certificate"];

    /// <summary>Finds them.</summary>
    /// <param name="configuration">nginx's configuration.</param>
    /// <param name="directory">The directory that relative paths begin at: that of the main file.</param>
    public static CertificatePlaces Of(NginxDirective configuration, string directory = "/etc/nginx")
    {
        CertificatePlaces places = new();
        foreach (NginxDirective context in configuration.Block.Where(static directive => directive.Name is "http" or "stream" or "mail"))
        {
            foreach (NginxDirective server in context.Inner("server"))
            {
                string[] listeners = [.. server.Inner("listen").Where(listen => IsTls(listen, server)).Select(Listener).OfType<string>()];
                if (listeners.Length > 0)
                {
                    places.Listeners.UnionWith(listeners);
                    Add(
                        places, Own(server, context, Directive), Own(server, context, Directive + Key), Use(context, server, listeners),
                        directory);
                }
            }
        }

        foreach (string name in ClientDirectives)
        {
            Add(
                places, [.. Named(name)], [.. Named(name + Key)],
                new CertificateUse { Program = Program, Place = name, Path = "" },
                directory);
        }

        return places;

        IEnumerable<NginxDirective> Named(string name) => configuration.All.Where(directive => directive.Name == name);
    }

    /// <summary>The address of a listen directive as it is connected to on the server itself; <see langword="null"/> for UDP.</summary>
    internal static string? Listener(NginxDirective listen)
    {
        const string Unix = "unix:";
        string address = listen.Argument;
        if (address.StartsWith(Unix, StringComparison.Ordinal))
        {
            return address[Unix.Length..];
        }

        int colon = address.EndsWith(']') ? -1 : address.LastIndexOf(':');
        string host = colon < 0 && ushort.TryParse(address, CultureInfo.InvariantCulture, out _)
            ? ""
            : colon < 0 ? address : address[..colon];
        string port = colon < 0 && host.Length == 0 ? address : colon < 0 ? "80" : address[(colon + 1)..];
        host = host.Trim('[', ']') switch { "" or "*" or "0.0.0.0" => "127.0.0.1", "::" => "::1", var other => other };
        return ushort.TryParse(port.Split('-')[0], CultureInfo.InvariantCulture, out ushort number) ? ListenerText.Of(host, number) : null;
    }

    // A server without such a directive has those of the level above it.
    private static NginxDirective[] Own(NginxDirective server, NginxDirective context, string name) =>
        server.Inner(name).ToArray() is { Length: > 0 } own ? own : [.. context.Inner(name)];

    private static bool IsTls(NginxDirective listen, NginxDirective server) =>
        !listen.Arguments.Contains("udp") && !listen.Arguments.Contains("quic")
            && (listen.Arguments.Contains("ssl") || server.Inner("ssl").Any(static ssl => ssl.Argument == "on"));

    private static CertificateUse Use(NginxDirective context, NginxDirective server, string[] listeners)
    {
        string[] names = [.. server.Inner("server_name").SelectMany(static directive => directive.Arguments)];
        return new CertificateUse
        {
            Program = Program,
            Place = $"{context.Name} server {(names.Length > 0 ? string.Join(' ', names) : listeners[0])}",
            Path = "",
            Listeners = listeners,
            ServerNames = names,
            Obstacle = server.Inner("listen").Any(static listen => listen.Arguments.Contains("proxy_protocol"))
                ? "the listener wants the PROXY protocol first"
                : null,
        };
    }

    // The first certificate belongs to the first key, and so on.
    private static void Add(
        CertificatePlaces places, NginxDirective[] certificates, NginxDirective[] keys, CertificateUse use, string directory)
    {
        foreach ((int number, NginxDirective directive) in certificates.Index().Where(static each => each.Item.Argument.Length > 0))
        {
            string path = directive.Argument;
            if (path.Contains('$', StringComparison.Ordinal))
            {
                places.Doubts.Add($"{use}: {directive.Name} {path}: a variable stands for the file, or for the certificate");
            }
            else if (IsElsewhere(path))
            {
                places.Doubts.Add(
                    $"{use}: {directive.Name} {path}: the certificate is kept by '{path[..path.IndexOf(':', StringComparison.Ordinal)]}', "
                        + "not in a file");
            }
            else
            {
                string? key = number < keys.Length ? keys[number].Argument : null;
                places.Uses.Add(
                    use with { Path = Whole(path, directory), Keys = key is null ? [] : [IsElsewhere(key) ? key : Whole(key, directory)] });
            }
        }
    }

    // data:..., engine:..., store:...
    private static bool IsElsewhere(string path) =>
        path.IndexOf(':', StringComparison.Ordinal) is > 1 and int colon && path[..colon].All(char.IsAsciiLetterLower);

    private static string Whole(string path, string directory) => path.StartsWith('/') ? path : $"{directory}/{path}";
}
