using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <see cref="HealthCheck"/>; of what is inherited the later word holds.</summary>
internal static class HealthCheckReader
{
    /// <summary>The checks of all servers that have a line of their own.</summary>
    public static IReadOnlyList<HealthCheck> ReadAll(IReadOnlyList<HaproxySection> sections) =>
    [
        .. from section in sections
           where section.Kind is "backend" or "listen"
           from line in section.Lines
           where ServerStartReader.IsServer(line)
           select Read(sections, section, line),
    ];

    private static HealthCheck Read(IReadOnlyList<HaproxySection> sections, HaproxySection section, HaproxyLine server)
    {
        List<string> doubts = [];
        IReadOnlyList<HaproxyLine> all = ProxyRouteReader.Inherited(
            sections, section, (applies, keyword, reason) => doubts.AddRange(applies ? [$"'{keyword}': {reason}"] : []));
        bool isHttp = false;
        foreach (HaproxyLine line in all.Where(static line => line.Keyword == "option"))
        {
            string[] words = [.. line.Words.Select(static word => word.Text)];
            string name = words.SkipWhile(static word => word is "no" or "default" or "option").FirstOrDefault() ?? "";
            bool isCheck = name.EndsWith("-check", StringComparison.Ordinal) || name is "httpchk" or "ssl-hello-chk";
            isHttp = isCheck ? name == "httpchk" && words[0] == "option" : isHttp;
        }

        string? port = null, address = null;
        IEnumerable<IEnumerable<ConfigurationWord>> options = all.TakeWhile(line => line != server)
            .Where(static line => line.Keyword == "default-server")
            .Select(static line => line.Words.Skip(1))
            .Append(server.Words.Skip(3));
        foreach (ServerOption option in options.SelectMany(ServerOption.Read))
        {
            port = option.Name == "port" ? option.Argument?.Text : port;
            address = option.Name == "addr" ? option.Argument?.Text : address;
            doubts.AddRange(
                option.Name == "healthcheck" ? ["'healthcheck': a section of its own says what is asked"]
                    : option.Word.HasVariable || HaproxyWords.ServerOptions.Find(option.Name) is null ? [option.Trouble ?? option.Name]
                    : []);
        }

        ProxyListener place = ProxyRouteReader.Listener(server.Words[2].Text);
        bool isElsewhere = (port is not null && port != FormattableString.Invariant($"{place.Port}"))
            || (address is not null && address != place.Address);
        return new HealthCheck
        {
            Backend = section.Name,
            Name = server.Words[1].Text,
            IsHttp = isHttp,
            Elsewhere = isElsewhere ? $"{address ?? place.Address}:{port ?? FormattableString.Invariant($"{place.Port}")}" : null,
            Doubts = [.. doubts.Distinct()],
        };
    }
}
