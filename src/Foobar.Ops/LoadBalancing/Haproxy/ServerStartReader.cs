using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>
/// Works out <see cref="ServerStart"/> as HAProxy does (Configuration Manual, 4 "Proxies", 5.2 "default-server"): first the
/// defaults section in force, then each <c>default-server</c> line before the server's own, then that line. The later word
/// of <c>enabled</c> and <c>disabled</c> holds.
/// </summary>
internal sealed class ServerStartReader
{
    private readonly List<string> _doubts = [];
    private bool _isDisabled;
    private bool _isBackendDisabled;
    private bool _isBackup;
    private long _weight = 1;

    /// <summary>What a start makes of each server of a backend, in the order of the file.</summary>
    public static IReadOnlyList<ServerStart> ReadAll(IReadOnlyList<HaproxySection> sections, string backend) =>
        [.. from section in sections
            where IsBackend(section, backend)
            from line in section.Lines
            where IsServer(line)
            select Read(sections, section, line)];

    /// <summary>What a start makes of a server.</summary>
    public static ServerStart Read(IReadOnlyList<HaproxySection> sections, HaproxySection section, HaproxyLine server)
    {
        ServerStartReader reader = new();
        foreach (HaproxySection defaults in HaproxySection.DefaultsOf(sections, section, reader.Doubt))
        {
            reader.TakeSection(defaults, null);
        }

        reader.TakeSection(section, server);
        reader.TakeOptions(server, server.Words.Skip(3));
        reader.Doubt(server.IsConditional, "server", "a conditional block holds it");
        return new ServerStart
        {
            Backend = section.Name,
            Name = server.Words[1].Text,
            IsDisabled = reader._isDisabled,
            IsBackendDisabled = reader._isBackendDisabled,
            IsBackup = reader._isBackup,
            Weight = reader._weight,
            Doubts = [.. reader._doubts.Distinct()],
        };
    }

    /// <summary>Tells whether a section holds the servers of a backend.</summary>
    public static bool IsBackend(HaproxySection section, string backend) =>
        section.Kind is "backend" or "listen" && section.Name == backend;

    /// <summary>Tells whether a line makes a server: it has a name and an address.</summary>
    public static bool IsServer(HaproxyLine line) => line.Keyword == "server" && line.Words.Count > 2;

    private void TakeSection(HaproxySection section, HaproxyLine? server)
    {
        bool isBefore = true;
        foreach (HaproxyLine line in section.Lines)
        {
            isBefore &= line != server;
            TakeLine(line, isBefore);
        }
    }

    private void TakeLine(HaproxyLine line, bool isBeforeServer)
    {
        switch (line.Keyword)
        {
            case "default-server" when isBeforeServer:
                TakeOptions(line, line.Words.Skip(1));
                Doubt(line.IsConditional, line.Keyword, "a conditional block holds it");
                break;
            case "disabled" or "enabled":
                _isBackendDisabled = line.Keyword == "disabled";
                Doubt(line.IsConditional, line.Keyword, "a conditional block holds it");
                break;
            case "load-server-state-from-file":
                Doubt(
                    line.Words.Count < 2 || line.Words[1].Text != "none", line.Keyword,
                    "a start takes the servers' states from a file, not from the configuration");
                break;
            default:
                Doubt(HaproxyWords.ProxyKeywords.Trouble(line.Keyword));
                break;
        }
    }

    private void TakeOptions(HaproxyLine line, IEnumerable<ConfigurationWord> words)
    {
        foreach (ServerOption option in ServerOption.Read(words))
        {
            switch (option.Name)
            {
                case "enabled" or "disabled":
                    _isDisabled = option.Name == "disabled";
                    break;
                case "backup" or "no-backup":
                    _isBackup = option.Name == "backup";
                    break;
                case "weight":
                    TakeWeight(line, option.Argument);
                    break;
                default:
                    Doubt(option.Trouble);
                    break;
            }
        }
    }

    private void TakeWeight(HaproxyLine line, ConfigurationWord? argument)
    {
        Doubt(
            !long.TryParse(argument?.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long weight), $"{line.Keyword} weight",
            $"'{argument}' is no number");
        _weight = weight;
    }

    private void Doubt(string? trouble)
    {
        if (trouble is not null)
        {
            _doubts.Add(trouble);
        }
    }

    private void Doubt(bool applies, string keyword, string reason)
    {
        if (applies)
        {
            _doubts.Add($"'{keyword}': {reason}");
        }
    }
}
