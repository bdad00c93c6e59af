using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class BindingTests
{
    private static readonly Candidate[] Candidates = [new("lb-01", ""), new("web-01", ""), new("web-02", ""), new("it's odd", "")];

    [Fact]
    public void Names_are_found_in_text_servers_findings_and_lists_of_them() =>
        Assert.Equal(
            ["web-*", "web-01", "lb-01", "db-01"],
            ServerNames.Of(new object[] { "web-*", TestSite.Server("web-01"), Finding("lb-01"), new[] { "db-01" } }, NoProperty)!);

    [Fact]
    public void Any_other_object_names_its_property_server() =>
        Assert.Equal(["web-01"], ServerNames.Of(42, (value, name) => value is 42 && name == "Server" ? "web-01" : null)!);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(42)]
    public void What_names_no_server_is_refused_not_guessed(object? value) => Assert.Null(ServerNames.Of(value, NoProperty));

    [Fact]
    public void A_finding_of_the_whole_site_names_no_server() =>
        Assert.Null(ServerNames.Of(new object[] { "web-01", Finding(null) }, NoProperty));

    [Theory]
    [InlineData("", 4)]
    [InlineData(null, 4)]
    [InlineData("WEB", 2)]
    [InlineData("'web-0", 2)]
    [InlineData("*-01", 2)]
    [InlineData("x", 0)]
    public void Completions_fit_what_is_typed(string? word, int count) =>
        Assert.Equal(count, Completions.Matching(Candidates, word).Count());

    [Fact]
    public void A_completion_with_odd_characters_is_one_quoted_word() =>
        Assert.Equal("'it''s odd'", Completions.Matching(Candidates, "it").Single().Text);

    [Fact]
    public void A_logged_script_is_one_short_line_without_control_characters()
    {
        string line = LogText.Shorten("set -e\n\tcat \u001b[31m/etc/x\r\n" + new string('y', 100_000));

        Assert.StartsWith("set -e cat  [31m/etc/x yyy", line, StringComparison.Ordinal);
        Assert.Equal(160, line.Length);
    }

    private static object? NoProperty(object value, string name) => null;

    private static Finding Finding(string? server) => new()
    {
        ControlId = "SRV-001",
        Title = "",
        Area = Area.Server,
        Severity = Severity.Low,
        Status = FindingStatus.Fail,
        Server = server,
        Time = DateTimeOffset.UnixEpoch,
    };
}
