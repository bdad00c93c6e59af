using System.Collections.Immutable;
using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Traffic;
using Line = System.Collections.Generic.IReadOnlyList<Foobar.Ops.Remoting.Drivers.ScreenText>;

namespace Foobar.Ops.Viewing;

/// <summary>A part of the view: a heading and lines, of which the first are kept where the screen is small.</summary>
internal sealed record SiteSection(string Heading, IReadOnlyList<Line> Lines);

/// <summary>Lays a state out as lines of a screen. Pure.</summary>
internal static class SiteLayout
{
    private const int Fixed = 2;

    // A heading and one line of each section are shown on any screen of 24 lines.
    private const int LeastLines = 1;

    /// <summary>The lines of a screen, exactly as many as it has, the last with the keys.</summary>
    public static IReadOnlyList<Line> Screen(SiteState state, int width, int height)
    {
        SiteSection[] sections = [.. Sections(state, width).Where(section => section.Lines.Count > 0)];
        int[] shown = Share(sections, Math.Max(0, height - Fixed));
        List<Line> lines = [Title(state, width)];
        for (int index = 0; index < sections.Length; index++)
        {
            if (shown[index] > 0)
            {
                int hidden = sections[index].Lines.Count - shown[index];
                lines.Add([
                    new(sections[index].Heading, ScreenTone.Heading),
                    .. hidden > 0
                        ? [new ScreenText(string.Create(CultureInfo.InvariantCulture, $"  ({hidden} more)"), ScreenTone.Dim)]
                        : Array.Empty<ScreenText>(),
                ]);
                lines.AddRange(sections[index].Lines.Take(shown[index]));
            }
        }

        int body = Math.Max(0, height - 1);
        return [.. lines.Take(body), .. Enumerable.Repeat<Line>([], Math.Max(0, body - lines.Count)), Footer(state)];
    }

    /// <summary>All of it as plain lines, for what is no terminal.</summary>
    public static IEnumerable<string> Plain(SiteState state, int width) =>
        [
            Flat(Title(state, width)),
            .. Sections(state, width)
                .Where(section => section.Lines.Count > 0)
                .SelectMany(section => section.Lines.Select(Flat).Prepend(section.Heading)),
        ];

    private static string Flat(Line line) => string.Concat(line.Select(text => text.Text)).TrimEnd();

    /// <summary>How many lines each section gets: one at least as long as there is room, the rest by turns from the first.</summary>
    private static int[] Share(SiteSection[] sections, int room)
    {
        int[] shown = new int[sections.Length];
        for (int index = 0; index < sections.Length && room > LeastLines; index++)
        {
            shown[index] = LeastLines;
            room -= LeastLines + 1;
        }

        for (bool more = true; more && room > 0;)
        {
            more = false;
            for (int index = 0; index < sections.Length && room > 0; index++)
            {
                if (shown[index] > 0 && shown[index] < sections[index].Lines.Count)
                {
                    shown[index]++;
                    room--;
                    more = true;
                }
            }
        }

        return shown;
    }

    private static Line Title(SiteState state, int width)
    {
        string time = state.Sample.Time.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        string writes = $"writes: {WriteEndpointOf(state)}";
        string name = state.Site.Name;
        int gap = Math.Max(2, width - name.Length - writes.Length - time.Length - 2);
        return [new(name, ScreenTone.Heading), new("  "), new(writes), new(new string(' ', gap)), new(time, ScreenTone.Dim)];
    }

    private static string WriteEndpointOf(SiteState state)
    {
        string[] writers =
        [
            .. (state.Sample.Replication ?? []).Where(member => member.TakesWrites == true).Select(member => member.Server).Distinct(),
        ];
        string place = state.Site.Policy.Database?.WriteEndpoint is { } endpoint
            ? $"{endpoint.Server} {endpoint.Backend ?? endpoint.Address}".TrimEnd() + " > "
            : "";
        return state.Site.Policy.Database is null
            ? "none"
            : state.Sample.Replication is null ? $"{place}..." : place + (writers.Length == 0 ? "nobody" : string.Join(", ", writers));
    }

    private static IEnumerable<SiteSection> Sections(SiteState state, int width) =>
    [
        new(
            "Servers",
            [
                .. state.Site.Servers.Where(server => state.Shows([server.Name, .. server.Roles.Select(role => role.ToString())]))
                    .Select(server => ServerLine(state, server)),
            ]),
        new("Requests a second", [.. Rates(state).Select(rate => RateLine(state, rate, width))]),
        new("Backends", [.. state.Members.Select((member, index) => MemberLine(member, index == state.Chosen))]),
        new(
            "Databases",
            [
                .. (state.Sample.Replication ?? [])
                    .Where(member => state.Shows(member.Server, member.Role.ToString(), "database"))
                    .Select(DatabaseLine),
            ]),
        new(
            "Agents",
            [
                .. (state.Sample.Agents ?? [])
                    .Where(agent => state.Shows(agent.Server, agent.Name))
                    .GroupBy(agent => agent.Server)
                    .Select(AgentLine),
            ]),
        new("Findings", [.. state.Findings.Select(FindingLine)]),
        new(
            "Not read",
            [.. state.Errors.Where(error => state.Shows(error.Key, error.Value)).Select(error => ErrorLine(error.Key, error.Value))]),
    ];

    // HAProxy and nginx count requests; single statements of a database would fill the screen.
    private static IEnumerable<TrafficRate> Rates(SiteState state) => (state.Sample.Rates ?? [])
        .Where(rate => rate.Unit == TrafficUnit.Requests || rate.Name == "Questions")
        .Where(rate => state.Shows(rate.Server, rate.Name, rate.Origin.ToString()));

    private static Line ServerLine(SiteState state, Server server)
    {
        ServerMetric? metric = state.Sample.Metrics?.FirstOrDefault(each => each.Server == server.Name);
        string roles = string.Join(",", server.Roles.Select(role => role.ToString().ToLowerInvariant()));
        if (metric is null)
        {
            bool failed = state.Errors.Keys.Any(subject => subject.EndsWith(server.Name, StringComparison.Ordinal));
            return
            [
                new($"  {server.Name,-12}"),
                new(failed ? "not read      " : "...           ", failed ? ScreenTone.Bad : ScreenTone.Dim),
                new(roles, ScreenTone.Dim),
            ];
        }

        double busy = 100 - (metric.CpuIdlePercent ?? 100);
        double disk = metric.FileSystems.Select(each => each.UsedPercent).DefaultIfEmpty(0).Max();
        ServerPolicy policy = state.Site.Policy.Servers;
        return
        [
            new($"  {server.Name,-12}"),
            new(Number("cpu", busy), Tone(busy, 80, 95)),
            new(
                string.Create(CultureInfo.InvariantCulture, $"  load {metric.Load1,5:0.00}"),
                Tone(metric.Load1 / Math.Max(1, metric.CpuCount), 1, 2)),
            new(Number("  mem", metric.MemoryUsedPercent), Tone(metric.MemoryUsedPercent, 90, 100 - policy.MemoryAvailableFailPercent)),
            new(Number("  disk", disk), Tone(disk, policy.DiskWarnPercent, policy.DiskFailPercent)),
            new($"  {roles}", ScreenTone.Dim),
        ];
    }

    private static string Number(string name, double percent) => string.Create(CultureInfo.InvariantCulture, $"{name} {percent,3:0} %");

    private static ScreenTone Tone(double value, double warning, double bad) =>
        value >= bad ? ScreenTone.Bad : value >= warning ? ScreenTone.Warning : ScreenTone.Good;

    private static Line RateLine(SiteState state, TrafficRate rate, int width)
    {
        string label = $"  {rate.Server,-12}{Cut(rate.Name, 22),-22} ";
        string figure = rate.Rate is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value,9:0.0} ") : $"{"?",9} ";
        return
        [
            new(label),
            new(figure, rate.Rate is null ? ScreenTone.Warning : ScreenTone.Plain),
            new(
                Sparkline.Text(
                    state.History.GetValueOrDefault(SiteState.KeyOf(rate), []), Math.Max(0, width - label.Length - figure.Length)),
                ScreenTone.Good),
        ];
    }

    private static Line MemberLine(BackendServer member, bool isChosen)
    {
        ScreenTone tone = member.State switch
        {
            BackendServerState.Up => ScreenTone.Good,
            BackendServerState.Down => ScreenTone.Bad,
            _ => ScreenTone.Warning,
        };
        return
        [
            new(isChosen ? "> " : "  ", ScreenTone.Heading),
            new($"{Cut($"{member.Backend}/{member.Name}", 32),-32}", isChosen ? ScreenTone.Chosen : ScreenTone.Plain),
            new($" {member.State,-12}", tone),
            new(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{member.CurrentSessions,5} sessions{(member.QueueLength > 0 ? $", {member.QueueLength} queued" : "")}  {member.CheckStatus}")),
        ];
    }

    private static Line DatabaseLine(ReplicationStatus member)
    {
        ScreenTone tone = member.Error is not null ? ScreenTone.Bad : member.LagSeconds > 1 ? ScreenTone.Warning : ScreenTone.Good;
        string lag = member.LagSeconds is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"  {seconds:0.0} s behind {member.Source}")
            : member.Source is { } source ? $"  from {source}, lag unknown" : "";
        return
        [
            new($"  {member.Server,-12}"),
            new($"{member.Role,-10}", tone),
            new(member.TakesWrites == true ? "writes" : member.TakesWrites == false ? "reads " : "?     "),
            new(lag, tone),
            new(member.Error is null ? "" : $"  {member.Error}", ScreenTone.Bad),
        ];
    }

    private static Line AgentLine(IGrouping<string, MonitoringAgent> agents) =>
        [
            new($"  {agents.Key,-12}"),
            .. agents.Select(
                agent => new ScreenText(
                    $"{agent.Name} {(agent.IsRunning ? "runs" : agent.IsExpected ? "missing" : "stopped")}  ",
                    agent.IsRunning ? ScreenTone.Good : agent.IsExpected ? ScreenTone.Bad : ScreenTone.Dim)),
        ];

    private static Line FindingLine(Finding finding) =>
        [
            new($"  {finding.Status,-8}", finding.Status == FindingStatus.Fail ? ScreenTone.Bad : ScreenTone.Warning),
            new($"{finding.Severity,-9}{finding.ControlId} {finding.Server} {finding.Title}"),
        ];

    private static Line ErrorLine(string subject, string error) => [new($"  {subject}: {error}", ScreenTone.Bad)];

    private static Line Footer(SiteState state) => state.IsTyping
        ? [new($"filter: {state.Filter}_  (Enter keeps it, Esc clears it)", ScreenTone.Chosen)]
        : [
            new(
                $"q quit  up/down choose  d drain  m maintenance  r ready  / filter{(state.Filter.Length > 0 ? $" [{state.Filter}]" : "")}",
                ScreenTone.Dim),
        ];

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..(width - 1)] + "…";
}
