using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls;

/// <summary>Where private keys may stand by a configuration, and what of it could not be followed.</summary>
internal sealed record KeyPlaces
{
    /// <summary>Files, or directories of files, that a program loads a key from if one is in them.</summary>
    public List<string> Paths { get; } = [];

    /// <summary>Of each file named: the paths of which at least one must be there.</summary>
    public List<IReadOnlyList<string>> Named { get; } = [];

    /// <summary>Lists of certificates (crt-list) that name further ones.</summary>
    public List<string> Lists { get; } = [];

    /// <summary>What could not be followed, each with its reason.</summary>
    public List<string> Doubts { get; } = [];

    /// <summary>Adds a file that is named, with those that are loaded beside it.</summary>
    public void Add(string path, params IReadOnlyList<string> beside)
    {
        IReadOnlyList<string> all = [path, .. beside];
        Paths.AddRange(all);
        Named.Add(all);
    }

    /// <summary>Adds all of another configuration.</summary>
    public KeyPlaces With(KeyPlaces other)
    {
        Paths.AddRange(other.Paths);
        Named.AddRange(other.Named);
        Lists.AddRange(other.Lists);
        Doubts.AddRange(other.Doubts);
        return this;
    }
}

/// <summary>
/// The keys that nginx loads: <c>ssl_certificate_key</c> and its siblings of the proxying modules, wherever in the
/// configuration they stand (ngx_http_ssl_module, ngx_stream_ssl_module, ngx_mail_ssl_module).
/// </summary>
internal static class NginxKeys
{
    /// <summary>Finds them.</summary>
    /// <param name="configuration">nginx's configuration.</param>
    /// <param name="directory">The directory that relative paths begin at: that of the main file.</param>
    public static KeyPlaces Of(NginxDirective configuration, string directory = "/etc/nginx")
    {
        KeyPlaces places = new();

        NginxDirective[] about =
            [.. configuration.All.Where(directive => directive.Name == "ssl" || directive.Name.Contains("ssl_", StringComparison.Ordinal))];
        places.Doubts.AddRange(about.Select(directive => NginxWords.TlsDirectives.Trouble(directive.Name)).OfType<string>().Distinct());
        foreach (NginxDirective directive in about.Where(
            directive => NginxWords.TlsDirectives.IsHandled(directive.Name) && directive.Argument.Length > 0))
        {
            string path = directive.Argument;
            if (path.Contains('$', StringComparison.Ordinal))
            {
                places.Doubts.Add($"{directive.Name} {path}: a variable stands for the file, or for the key");
            }
            else if (path.IndexOf(':', StringComparison.Ordinal) is > 1 and int colon && path[..colon].All(char.IsAsciiLetterLower))
            {
                places.Doubts.Add($"{directive.Name} {path}: the key is kept by '{path[..colon]}', not in a file");
            }
            else
            {
                places.Add(path.StartsWith('/') ? path : $"{directory}/{path}");
            }
        }

        return places;
    }
}
