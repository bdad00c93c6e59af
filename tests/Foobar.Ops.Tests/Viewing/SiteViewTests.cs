using Foobar.Ops.Drivers.Terminal;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Traffic;
using Foobar.Ops.Viewing;
using Spectre.Console;

namespace Foobar.Ops.Tests.Viewing;

/// <summary>The live view as a function of samples, keys and a size, and what is drawn of it.</summary>
public sealed partial class SiteViewTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly Site Declared = InventoryLoader.Load(Repository.File("docs", "examples", "d-named-ports-only.json"));

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    [InlineData(40, 8)]
    [InlineData(20, 1)]
    public void A_screen_is_filled_exactly_and_its_last_line_has_the_keys(int width, int height)
    {
        IReadOnlyList<IReadOnlyList<ScreenText>> lines = SiteLayout.Screen(Full(), width, height);

        Assert.Equal(height, lines.Count);
        Assert.StartsWith("q quit", Flat(lines[^1]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_part_is_seen_on_80_by_24()
    {
        string screen = string.Join('\n', SiteLayout.Screen(Full(), 80, 24).Select(Flat));

        Assert.All(
            new[] { "Servers", "Requests a second", "Backends", "Findings", "Not read", "writes: " },
            part => Assert.Contains(part, screen, StringComparison.Ordinal));
        Assert.Contains("more)", screen, StringComparison.Ordinal);
        Assert.Contains("web/web-01", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Rates_become_sparklines_of_the_last_minutes()
    {
        SiteState state = SiteState.Of(Declared, Now);
        for (int count = 0; count <= 70; count++)
        {
            state = state.With(new SiteSample { Time = Now, Rates = [Rate(count)] });
        }

        Assert.Equal(SiteState.Kept, state.History[SiteState.KeyOf(Rate(1))].Count);
        Assert.Contains("▇█", string.Join('\n', SiteLayout.Plain(state, 120)), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_choose_a_member_and_want_it_drained()
    {
        SiteState state = Full();
        Assert.Equal(("web-01", BackendTarget.Drain), Wanted(Press(state, 'd')));
        Assert.Equal(("web-02", BackendTarget.Maint), Wanted(Press(Press(state, '\0', ConsoleKey.DownArrow), 'm')));
        Assert.Equal(("web-02", BackendTarget.Ready), Wanted(Press(Press(Press(state, 'j'), 'j'), 'r')));
        Assert.Equal(("web-01", BackendTarget.Drain), Wanted(Press(Press(Press(state, 'j'), 'k'), 'd')));
        Assert.Null(Press(SiteState.Of(Declared, Now), 'd').Wish);
    }

    [Fact]
    public void A_filter_is_typed_without_its_letters_being_keys()
    {
        SiteState typed = "/q-02d".Aggregate(Full(), (state, letter) => Press(state, letter));
        Assert.Equal(("q-02d", false, true), (typed.Filter, typed.IsOver, typed.IsTyping));

        SiteState kept = Press("/web-02".Aggregate(Full(), (state, letter) => Press(state, letter)), '\r', ConsoleKey.Enter);
        Assert.Equal("web-02", Assert.Single(kept.Members).Name);
        Assert.Equal(("web-02", BackendTarget.Drain), Wanted(Press(kept, 'd')));
        Assert.Equal("", Press(kept, '\u001b', ConsoleKey.Escape).Filter);
        Assert.Equal("web-0", Press(Press(kept, '/'), '\b', ConsoleKey.Backspace).Filter);
    }

    [Fact]
    public void Q_and_Ctrl_C_end_it_even_while_typing()
    {
        Assert.True(Press(Full(), 'q').IsOver);
        Assert.True(Press(Full(), '/').With(new ConsoleKeyInfo('\u0003', ConsoleKey.C, shift: false, alt: false, control: true)).IsOver);
    }

    [Fact]
    public void A_member_that_is_gone_is_not_chosen_any_more()
    {
        SiteState state = Press(Full(), 'j').With(new SiteSample { Time = Now, Backends = [Member("web-01", "UP")] });

        Assert.Equal(("web-01", BackendTarget.Drain), Wanted(Press(state, 'd')));
    }

    [Fact]
    public void An_error_stays_until_the_same_can_be_read()
    {
        SiteState state = Full();
        Assert.Contains("metrics web-01", state.Errors.Keys);

        Assert.DoesNotContain(
            "metrics web-01",
            state.With(new SiteSample { Time = Now, Errors = new Dictionary<string, string?> { ["metrics web-01"] = null } }).Errors.Keys);
    }

    [Fact]
    public void What_is_drawn_has_no_control_character_of_a_server_and_no_line_that_is_too_wide()
    {
        SiteState state = SiteState.Of(Declared, Now)
            .With(new SiteSample
            {
                Time = Now,
                Errors = new Dictionary<string, string?> { ["audit"] = "evil \u001b[2J\u0007 text " + new string('w', 300) + "漢字" },
            });
        string drawn = Screen(ColorSystemSupport.NoColors).Draw(SiteLayout.Screen(state, 80, 24), 80);

        Assert.DoesNotContain("\u001b[2J", drawn, StringComparison.Ordinal);
        Assert.DoesNotContain("\u0007", drawn, StringComparison.Ordinal);
        Assert.All(Sequences().Replace(drawn, "").Split("\r\n"), line => Assert.InRange(line.Length, 0, 80));
        Assert.Equal(24, drawn.Split("\r\n").Length);
    }

    [Fact]
    public void Colours_are_drawn_only_where_the_terminal_has_them()
    {
        Assert.Contains(
            "\u001b[", Screen(ColorSystemSupport.TrueColor).Draw([[new("down", ScreenTone.Bad)]], 80)[3..^6], StringComparison.Ordinal);
        Assert.Equal("\u001b[Hdown\u001b[K\u001b[J", Screen(ColorSystemSupport.NoColors).Draw([[new("down", ScreenTone.Bad)]], 80));
    }

    [Fact]
    public void A_sparkline_has_gaps_where_nothing_was_counted()
    {
        Assert.Equal("▁ █", Sparkline.Text([0, double.NaN, 4], 10));
        Assert.Equal("▁▁", Sparkline.Text([0, 0], 10));
    }

    [System.Text.RegularExpressions.GeneratedRegex("\u001b\\[[0-9;]*[A-Za-z]")]
    private static partial System.Text.RegularExpressions.Regex Sequences();

    private static SpectreScreen Screen(ColorSystemSupport colours) => new(writer => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        ColorSystem = colours,
        Out = new AnsiConsoleOutput(writer),
    }));

    private static string Flat(IReadOnlyList<ScreenText> line) => string.Concat(line.Select(text => text.Text));

    private static (string, BackendTarget)? Wanted(SiteState state) => state.Wish is { } wish ? (wish.Member.Name, wish.Target) : null;

    private static SiteState Press(SiteState state, char character, ConsoleKey key = ConsoleKey.None) =>
        state.With(new ConsoleKeyInfo(character, key, shift: false, alt: false, control: false));

    private static SiteState Full() => SiteState.Of(Declared, Now).With(new SiteSample
    {
        Time = Now,
        Rates = [.. Enumerable.Range(0, 12).Select(index => Rate(index) with { Name = $"www-{index}" })],
        Backends = [Member("web-01", "UP"), Member("web-02", "DOWN")],
        Findings =
        [
            .. Enumerable.Range(
                0, 30).Select(index => new Finding
                {
                    ControlId = $"FW-{index:000}",
                    Title = "Only declared flows",
                    Area = Area.Firewall,
                    Severity = Severity.High,
                    Status = FindingStatus.Fail,
                    Server = "web-01",
                    Time = Now,
                }),
        ],
        Errors = new Dictionary<string, string?> { ["metrics web-01"] = "no answer" },
    });

    private static TrafficRate Rate(int count) => new()
    {
        Server = "lb-01",
        Origin = TrafficOrigin.HaproxyFrontend,
        Name = "www",
        Unit = TrafficUnit.Requests,
        Start = Now,
        End = Now,
        WindowSeconds = 1,
        Count = count,
    };

    private static BackendServer Member(string name, string status) => new()
    {
        Server = "lb-01",
        Backend = "web",
        Name = name,
        Address = "192.0.2.11:80",
        Status = status,
        Weight = 1,
        SinceSeconds = 1,
        DowntimeSeconds = 0,
        QueueLength = 0,
        CurrentSessions = 3,
        SessionsTotal = 10,
    };
}
