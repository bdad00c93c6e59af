using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>What a server shows of the agents of the table: the output of <c>agents.sh</c>, and of <c>packages.sh</c>.</summary>
internal sealed partial record Survey
{
    /// <summary>The server's clock, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The units that are there, by name, with since when they are active.</summary>
    public required IReadOnlyList<SurveyedUnit> Units { get; init; }

    /// <summary>Why units could not be read; <see langword="null"/> if they could.</summary>
    public string? UnitFailure { get; init; }

    /// <summary>The versions of the packages installed, by name.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; init; } = new Dictionary<string, string>();

    public required IReadOnlyList<SurveyedProcess> Processes { get; init; }

    /// <summary>Why processes could not be read; <see langword="null"/> if they could.</summary>
    public string? ProcessFailure { get; init; }

    public required IReadOnlyList<SurveyedSocket> Sockets { get; init; }

    /// <summary>Why sockets could not be read; <see langword="null"/> if they could.</summary>
    public string? SocketFailure { get; init; }

    public required IReadOnlyList<AgentContainer> Containers { get; init; }

    /// <summary>Why containers could not be read; <see langword="null"/> if they could or there is no engine.</summary>
    public string? ContainerFailure { get; init; }

    public required IReadOnlyList<SurveyedFile> Files { get; init; }

    public required IReadOnlyList<SurveyedLog> Logs { get; init; }

    /// <summary>Reads what <c>agents.sh</c> prints.</summary>
    /// <exception cref="ParseException">A part is missing or not of its form.</exception>
    public static Survey Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        DateTimeOffset time = Seconds(sections.Require("time")) ?? throw Unexpected("time", 1, "seconds since 1970",
            sections["time"].Trim());
        TimeSpan zone = LogTime.Offset(sections.GetValueOrDefault("zone", "").Trim()) ?? TimeSpan.Zero;
        double uptime = double.TryParse(sections.GetValueOrDefault("uptime", "").Split(' ')[0], NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture, out double seconds) ? seconds : 0;
        (string units, string? unitFailure) = Failure(sections.Require("units"));
        SurveyedUnit[] all = [.. ParseUnits(units, time, uptime)];
        (string sockets, string? socketFailure) = Failure(sections.Require("sockets"));
        (string processes, string? processFailure) = Failure(sections.Require("processes"));
        (string containers, string? containerFailure) = Failure(sections.GetValueOrDefault("containers", ""));
        return new Survey
        {
            Time = time,
            Units = all,
            UnitFailure = unitFailure ?? (units.Contains("LoadState=", StringComparison.Ordinal) ? null
                : $"systemctl show: {units.Trim()}"),
            ProcessFailure = processFailure,
            Processes = [.. Lines.Of(processes).Select(static line => SurveyedProcess.Parse(line.Number,
                line.Text))],
            Sockets = [.. Lines.Of(sockets).Select(static line => SurveyedSocket.Parse(line.Number, line.Text))],
            SocketFailure = socketFailure,
            Containers = [.. Lines.Of(containers).Select(static line => ParseContainer(line.Number, line.Text))],
            ContainerFailure = containerFailure,
            Files = [.. sections.Where(static section => section.Key.StartsWith("file ", StringComparison.Ordinal)).Select(static section =>
                SurveyedFile.Parse(section.Key, section.Value))],
            Logs =
            [
                .. sections.Where(static section => section.Key.StartsWith("log ", StringComparison.Ordinal)
                    || section.Key.StartsWith("journal ", StringComparison.Ordinal))
                    .Select(section => SurveyedLog.Parse(section.Key, section.Value, zone)),
            ],
        };
    }

    /// <summary>Seconds since 1970 with a fraction perhaps, as a time.</summary>
    public static DateTimeOffset? Seconds(string text) =>
        double.TryParse(text.Trim().Replace(".%N", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and < 253_402_300_799
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;

    internal static ParseException Unexpected(string section, int line, string expected, string found) =>
        Lines.Unexpected($"{SurveyScript.Source}, {section}", line, expected, found);

    // A line with a mark of exclamation says why a part could not be read.
    private static (string Text, string? Failure) Failure(string text)
    {
        string[] lines = text.Split('\n');
        string? failure = lines.FirstOrDefault(static line => line.StartsWith('!'));
        return failure is null ? (text, null) : (string.Join('\n', lines.Where(static line => !line.StartsWith('!'))), failure[1..].Trim());
    }

    private static IEnumerable<SurveyedUnit> ParseUnits(string text, DateTimeOffset time, double uptime)
    {
        foreach (string block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Dictionary<string, string> values = KeyValues.Parse(block, '=');
            if (values.TryGetValue("Id", out string? name) && values.TryGetValue("LoadState", out string? load) && load != "not-found")
            {
                Unit unit = new()
                {
                    Name = name,
                    Load = load,
                    Active = values.GetValueOrDefault("ActiveState", ""),
                    Sub = values.GetValueOrDefault("SubState", ""),
                    FileState = values.GetValueOrDefault("UnitFileState", ""),
                };
                bool knows = double.TryParse(values.GetValueOrDefault("ActiveEnterTimestampMonotonic", ""), NumberStyles.None,
                    CultureInfo.InvariantCulture, out double entered);
                yield return new SurveyedUnit(unit, unit.IsActive && knows && entered > 0 && uptime > entered / 1e6
                    ? time.AddSeconds((entered / 1e6) - uptime) : null);
            }
        }
    }

    /// <summary>Reads what <c>packages.sh</c> prints: the versions of the packages installed, by name.</summary>
    public static IReadOnlyDictionary<string, string> ParsePackages(string text)
    {
        Dictionary<string, string> packages = new(StringComparer.Ordinal);
        foreach ((_, string line) in Lines.Of(text))
        {
            // A package that was removed and left its configuration has the state config-files.
            if (line.Split('\t') is [var name, var version, "installed"])
            {
                packages[name] = version;
            }
        }

        return packages;
    }

    private static AgentContainer ParseContainer(int number, string line) => line.Split('|') is [var engine, _, var image, var name,
        var status]
        ? new AgentContainer(engine, name, image, status)
        : throw Unexpected("containers", number, "engine, id, image, name and status", line);
}

/// <summary>A unit and since when it is active.</summary>
internal sealed record SurveyedUnit(Unit Unit, DateTimeOffset? Since);

/// <summary>A process, with its state as ps(1) codes it: <c>S</c>, <c>R</c>, <c>T</c> (stopped) ...</summary>
internal sealed record SurveyedProcess(int Id, double AgeSeconds, string User, string State, string Name, string Executable,
    string ControlGroup)
{
    /// <summary>Whether it was stopped by a signal and does nothing.</summary>
    public bool IsStopped => State is "T" or "t";

    public static SurveyedProcess Parse(int number, string line) =>
        line.Split('\t') is [var id, var age, var user, var state, var name, var executable, var group]
        && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && double.TryParse(age, NumberStyles.None,
            CultureInfo.InvariantCulture, out double seconds)
            ? new SurveyedProcess(pid, seconds, user, state, name, executable, group)
            : throw Survey.Unexpected("processes", number, "id, age, user, state, name, program and control group", line);
}

/// <summary>A socket of one of the processes: <c>ss -tuanpi</c> (ss(8) of iproute2).</summary>
internal sealed partial record SurveyedSocket(string Protocol, string State, string Local, string Remote, IReadOnlyList<int> Processes,
    double? LastSentSeconds, long? AcknowledgedBytes, int Retries)
{
    public bool IsListening => State is "LISTEN" or "UNCONN";

    /// <summary>The port of an address, 0 for any.</summary>
    public static int PortOf(string address) => int.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.None,
        CultureInfo.InvariantCulture, out int port) ? port : 0;

    /// <summary>The host of an address without brackets and interface.</summary>
    public static string HostOf(string address)
    {
        string host = address[..Math.Max(0, address.LastIndexOf(':'))].Split('%')[0].Trim('[', ']');
        return host.StartsWith("::ffff:", StringComparison.OrdinalIgnoreCase) && host.Contains('.', StringComparison.Ordinal) ? host[7..]
            : host;
    }

    public static SurveyedSocket Parse(int number, string line)
    {
        string[] fields = Lines.Fields(line, 7);
        return fields.Length < 6 || fields[0] is not ("tcp" or "udp") || !fields[4].Contains(':', StringComparison.Ordinal)
            || !fields[5].Contains(':', StringComparison.Ordinal)
            ? throw Survey.Unexpected("sockets", number, "'tcp' or 'udp', state, two queues, local and peer address", line)
            : new SurveyedSocket(
                fields[0],
                fields[1],
                fields[4],
                fields[5],
                fields.Length < 7 ? [] : [.. ProcessId().Matches(fields[6]).Select(static match => int.TryParse(match.ValueSpan[4..],
                    CultureInfo.InvariantCulture, out int id) ? id : 0).Distinct()],
                fields.Length < 7 ? null : Number(LastSend().Match(fields[6])) / 1000.0,
                fields.Length < 7 ? null : Number(Acknowledged().Match(fields[6])),
                fields.Length < 7 ? 0 : (int)Math.Min(100, Number(Backoff().Match(fields[6])) ?? 0));
    }

    private static long? Number(Match match) => match.Success && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None,
        CultureInfo.InvariantCulture, out long number) ? number : null;

    [GeneratedRegex("pid=[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex ProcessId();

    [GeneratedRegex(@"\blastsnd:([0-9]+)", RegexOptions.None, 1000)]
    private static partial Regex LastSend();

    [GeneratedRegex(@"\bbackoff:([0-9]+)", RegexOptions.None, 1000)]
    private static partial Regex Backoff();

    [GeneratedRegex(@"\bbytes_acked:([0-9]+)", RegexOptions.None, 1000)]
    private static partial Regex Acknowledged();
}

/// <summary>A file of an agent: who may read it, and the outline of a configuration.</summary>
internal sealed record SurveyedFile(string Agent, string Format, string Path, int Mode, string Owner, string Group,
    IReadOnlyList<Setting> Settings, bool IsReadable)
{
    public static SurveyedFile Parse(string heading, string text)
    {
        string[] words = Lines.Fields(heading, 4);
        string[] lines = text.Split('\n');
        string[] state = Lines.Fields(lines[0]);
        return words.Length == 4 && state.Length == 4 && state[0].Length is >= 1 and <= 5 && state[0].All(static digit =>
            digit is >= '0' and <= '7')
            ? new SurveyedFile(words[1], words[2], words[3], Convert.ToInt32(state[0], 8) & 0xFFF, state[1], state[2],
                Outline.Parse(words[2], lines.Skip(1)), !lines.Contains("!unreadable"))
            : throw Survey.Unexpected(heading, 1, "permission bits, owner, group and time", lines[0]);
    }
}

/// <summary>What a log of an agent says of sending.</summary>
internal sealed record SurveyedLog(string Agent, string Place, DateTimeOffset? Modified, DateTimeOffset? Sent, DateTimeOffset? Failed)
{
    /// <summary>Whether a line tells of a failure at a time that is not understood.</summary>
    public bool HasUnreadFailure { get; init; }

    public static SurveyedLog Parse(string heading, string text, TimeSpan zone)
    {
        string[] words = Lines.Fields(heading, 3);
        Dictionary<string, string> lines = KeyValues.Parse(text, ' ');
        return words.Length < 3
            ? throw Survey.Unexpected(heading, 1, "an agent and a log", heading)
            : new SurveyedLog(
                words[1],
                words[0] == "journal" ? $"the journal of {words[2]}" : words[2],
                lines.TryGetValue("modified", out string? modified) ? Survey.Seconds(modified) : null,
                lines.TryGetValue("sent", out string? sent) ? LogTime.Parse(sent, zone) : null,
                lines.TryGetValue("failed", out string? failed) ? LogTime.Parse(failed, zone) : null)
            {
                HasUnreadFailure = failed is not null && LogTime.Parse(failed, zone) is null,
            };
    }
}
