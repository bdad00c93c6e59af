using System.Globalization;
using System.Net;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>
/// Reads where each frontend listens and leads (HAProxy Configuration Manual, 4.2 bind, default_backend, use_backend, dispatch;
/// 11 "Address formats").
/// </summary>
internal static class ProxyRouteReader
{
    /// <summary>The routes of all frontends, in the order of the configuration.</summary>
    public static IReadOnlyList<ProxyRoute> ReadAll(IReadOnlyList<HaproxySection> sections) =>
        [.. sections.Where(static section => section.Kind is "frontend" or "listen").Select(section => Read(sections, section))];

    /// <summary>The section's lines behind those that it inherits.</summary>
    public static IReadOnlyList<HaproxyLine> Inherited(
        IReadOnlyList<HaproxySection> sections, HaproxySection section, Action<bool, string, string> doubt) =>
        [.. HaproxySection.DefaultsOf(sections, section, doubt).SelectMany(static defaults => defaults.Lines), .. section.Lines];

    private static ProxyRoute Read(IReadOnlyList<HaproxySection> sections, HaproxySection section)
    {
        List<string> doubts = [];
        void Doubt(bool applies, string keyword, string reason)
        {
            if (applies)
            {
                doubts.Add($"'{keyword}': {reason}");
            }
        }

        List<ProxyLead> chosen = [];
        ProxyLead? usual = null;
        foreach (HaproxyLine line in Inherited(sections, section, Doubt).Where(static line => line.Words[0].Text != "no"))
        {
            string text = Text(line);
            switch (line.Keyword)
            {
                case "use_backend" or "default_backend" when line.Words.Count > 1:
                    Doubt(line.IsConditional, text, "a conditional block holds it");
                    Doubt(IsComputed(line.Words[1]), text, "the backend's name is worked out for each connection");
                    if (!IsComputed(line.Words[1]) && line.Keyword == "use_backend")
                    {
                        chosen.Add(new(line.Words[1].Text, text));
                    }
                    else if (!IsComputed(line.Words[1]))
                    {
                        usual = new(line.Words[1].Text, text);
                    }

                    break;
                case "bind":
                    Doubt(line.IsConditional, text, "a conditional block holds it");
                    break;
                case "dispatch" or "transparent":
                    Doubt(true, line.Keyword, "it sends connections past the servers");
                    break;
                case "option" when line.Words.Any(static word => word.Text is "transparent" or "http_proxy"):
                    Doubt(true, text, "it sends connections past the servers");
                    break;
            }
        }

        // A listen section is its own backend, where no other is named for all that is left (4.1).
        bool isOwn = section.Kind == "listen" && section.Lines.Any(static line => line.Keyword is "server" or "server-template");
        usual ??= isOwn ? new(section.Name, $"listen {section.Name}") : null;
        return new ProxyRoute
        {
            Name = section.Name,
            Listeners = [.. section.Lines.Where(static line => line.Keyword == "bind" && line.Words.Count > 1).SelectMany(Listeners)],
            Leads = [.. chosen, .. usual is null ? Array.Empty<ProxyLead>() : [usual]],
            Doubts = [.. doubts.Distinct()],
        };
    }

    private static string Text(HaproxyLine line) => string.Join(' ', line.Words);

    // A log-format expression (%[...]) or a variable of the environment.
    private static bool IsComputed(ConfigurationWord name) => name.HasVariable || name.Text.Contains('%', StringComparison.Ordinal);

    private static IEnumerable<ProxyListener> Listeners(HaproxyLine line)
    {
        string[] words = [.. line.Words.Select(static word => word.Text)];
        bool certificate = Array.IndexOf(words, "verify") is > 0 and int at && at + 1 < words.Length && words[at + 1] == "required";
        return words[1].Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(place => Listener(place) with { WantsClientCertificate = certificate });
    }

    internal static ProxyListener Listener(string place)
    {
        string rest = place[(place.LastIndexOf('@') + 1)..];
        int colon = rest.LastIndexOf(':');
        string[] ports = rest[(colon + 1)..].Split('-');
        if (place.StartsWith('/') || place.Contains("@/", StringComparison.Ordinal) || colon < 0
            || !ushort.TryParse(ports[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
            || !ushort.TryParse(ports[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort last))
        {
            return new(place, 0, 0);
        }

        string host = rest[..colon].Trim('[', ']');
        return IPAddress.TryParse(host, out IPAddress? address)
            ? new(address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "*" : address.ToString(), first, last)
            : new(host.Length == 0 ? "*" : host, first, last);
    }
}
