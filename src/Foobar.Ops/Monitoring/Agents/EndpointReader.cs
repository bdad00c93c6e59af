using System.Globalization;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>Finds where an agent reports to in the outlines of its configuration files, by the rules of its row in the table.</summary>
internal static class EndpointReader
{
    private static readonly HashSet<string> Encrypted = new(["https", "tls", "ssl", "wss", "grpcs", "mqtts", "amqps", "dtls"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly char[] Separators = [' ', '\t', ',', ';', '[', ']', '"', '\''];

    /// <summary>The endpoints, each once.</summary>
    public static IReadOnlyList<AgentEndpoint> Read(KnownAgent agent, IEnumerable<SurveyedFile> files)
    {
        AgentEndpoint[] all = [.. Find(agent, files)];
        return agent.IsJudgedAsLeg ? all : [.. all.Select(static endpoint => endpoint with { IsLeg = false })];
    }

    private static IReadOnlyList<AgentEndpoint> Find(KnownAgent agent, IEnumerable<SurveyedFile> files)
    {
        SurveyedFile[] readable = [.. files.Where(static file => file.IsReadable && file.Format != "secret")];
        AgentEndpoint[] found = [.. ByRules(agent.Endpoints, readable)];
        found = found.Length > 0 ? found : [.. ByRules(agent.Otherwise, readable)];
        return found.Length > 0 ? [.. found.DistinctBy(static endpoint => (endpoint.Address, endpoint.Encryption))]
            : agent.Default is { } usual && readable.Length > 0 ? [Make(usual, new EndpointRule { At = "" },
                "the agent's default") with { Encryption = EndpointEncryption.Encrypted }]
            : [];
    }

    private static IEnumerable<AgentEndpoint> ByRules(IReadOnlyList<EndpointRule> rules, SurveyedFile[] files) =>
        from file in files
        from rule in rules
        from setting in file.Settings.At(rule.At)
        where setting.Value.Length > 0 && (rule.OnlyIf is null || file.Settings.Holds(rule.OnlyIf, setting.Path))
        from address in Addresses(setting.Value)
        select Protected(Make(address, rule, $"{file.Path}: {setting.Path}"), rule, file.Settings, setting);

    /// <summary>The addresses in a value: a list, words in quotes, or a host and its port as two words.</summary>
    private static List<string> Addresses(string value)
    {
        List<string> addresses = [];
        foreach (string word in Words(value))
        {
            if (ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _) && addresses.Count > 0)
            {
                addresses[^1] += ":" + word;
            }
            else
            {
                addresses.Add(word);
            }
        }

        return addresses;
    }

    // An IPv6 address in brackets is one word.
    private static string[] Words(string value) =>
        value.Contains('[', StringComparison.Ordinal) && value.Contains("]:", StringComparison.Ordinal) && !value.Contains('"',
            StringComparison.Ordinal)
            ? value.Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries)
            : value.Split(Separators, StringSplitOptions.RemoveEmptyEntries);

    private static AgentEndpoint Make(string text, EndpointRule rule, string source)
    {
        if (text is Outline.Hidden or Outline.Reference || text.Contains("${", StringComparison.Ordinal))
        {
            return new AgentEndpoint { Address = Outline.Reference, Source = source };
        }

        string address = rule.Template is null ? text : string.Format(CultureInfo.InvariantCulture, rule.Template, text);
        bool hasSuffix = rule.TlsSuffix is { } suffix && address.EndsWith(suffix, StringComparison.OrdinalIgnoreCase);
        address = hasSuffix ? address[..^rule.TlsSuffix!.Length] : address;
        int mark = address.IndexOf("://", StringComparison.Ordinal);
        string? scheme = mark > 0 ? address[..mark] : rule.Scheme;
        string rest = mark > 0 ? address[(mark + 3)..] : address;
        int colon = rest.LastIndexOf(':');
        bool hasPort = colon > 0 && rest.IndexOf(']', colon) < 0;
        int port = 0;
        bool isPort = hasPort && int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and < 65536;
        return new AgentEndpoint
        {
            Address = address,
            Host = (hasPort ? rest[..colon] : rest).Trim('[', ']').TrimEnd('.'),
            Port = isPort ? port : rule.Port ?? (scheme is "https" ? 443 : scheme is "http" ? 80 : null),
            Encryption = hasSuffix || (scheme is not null && Encrypted.Contains(scheme)) ? EndpointEncryption.Encrypted
                : scheme is null ? EndpointEncryption.Unknown
                : EndpointEncryption.Plain,
            Source = source,
            IsLeg = !rule.IsNoLeg,
        };
    }

    private static AgentEndpoint Protected(AgentEndpoint endpoint, EndpointRule rule, IReadOnlyList<Setting> settings, Setting setting)
    {
        EndpointEncryption encryption = settings.Holds(rule.PlainIf, setting.Path) ? EndpointEncryption.Plain
            : settings.Holds(rule.TlsIf, setting.Path) ? EndpointEncryption.Encrypted
            : endpoint.Encryption;
        return endpoint with
        {
            Encryption = encryption == EndpointEncryption.Encrypted && settings.Holds(rule.UnverifiedIf, setting.Path)
                ? EndpointEncryption.Unverified : encryption,
        };
    }
}
