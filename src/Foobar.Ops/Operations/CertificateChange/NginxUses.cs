using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// The certificates that nginx serves: pairs of <c>ssl_certificate</c> and <c>ssl_certificate_key</c>, which a server takes
/// from the level above where it has none of its own (ngx_http_ssl_module, ngx_stream_ssl_module, ngx_mail_ssl_module). Pure.
/// </summary>
internal static class NginxUses
{
    /// <summary>Finds them.</summary>
    /// <param name="configuration">nginx's configuration.</param>
    /// <param name="directory">The directory that relative paths begin at: that of the main file.</param>
    public static CertificateUses Of(NginxDirective configuration, string directory = "/etc/nginx")
    {
        CertificateUses uses = new();
        Walk(uses, configuration, [], [], directory);
        return uses;
    }

    private static void Walk(CertificateUses uses, NginxDirective block, string[] certificates, string[] keys, string directory)
    {
        certificates = Own(block, "ssl_certificate", certificates);
        keys = Own(block, "ssl_certificate_key", keys);
        if (block.Name == "server" && block.Block.Count > 0)
        {
            foreach ((string certificate, string key) in certificates.Zip(keys))
            {
                Add(uses, certificate, key, directory);
            }

            uses.Ports.UnionWith(block.Inner("listen").Where(static listen => listen.Arguments.Contains("ssl")).Select(Port));
        }

        foreach (NginxDirective inner in block.Block)
        {
            Walk(uses, inner, certificates, keys, directory);
        }
    }

    private static string[] Own(NginxDirective block, string name, string[] above) =>
        block.Inner(name).Select(static directive => directive.Argument).ToArray() is { Length: > 0 } own ? own : above;

    private static void Add(CertificateUses uses, string certificate, string key, string directory)
    {
        if (certificate.Contains('$', StringComparison.Ordinal) || key.Contains('$', StringComparison.Ordinal))
        {
            uses.Doubts.Add($"ssl_certificate {certificate}: a variable stands for the file");
        }
        else if (IsElsewhere(certificate) || IsElsewhere(key))
        {
            uses.Doubts.Add($"ssl_certificate_key {key}: the key is not kept in a file");
        }
        else
        {
            uses.Uses.Add(new CertificateUse(CertificateProgram.Nginx, Whole(certificate, directory), [Whole(key, directory)]));
        }
    }

    // data:..., engine:..., store:...
    private static bool IsElsewhere(string path) => path.IndexOf(':', StringComparison.Ordinal) is > 1 and int colon && path[..colon].All(char.IsAsciiLetterLower);

    private static int Port(NginxDirective listen)
    {
        string address = listen.Argument;
        string port = address[(address.LastIndexOf(':') + 1)..];
        return !address.EndsWith(']') && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 80;
    }

    private static string Whole(string path, string directory) => path.StartsWith('/') ? path : $"{directory}/{path}";
}
