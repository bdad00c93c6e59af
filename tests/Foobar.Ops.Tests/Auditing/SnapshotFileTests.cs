using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

public sealed class SnapshotFileTests
{
    private static readonly Snapshot Snapshot = Pretend.Snapshot(
        ("lb-01", Pretend.Facts(95, new PretendUnit("a", FindingStatus.Warning)) with
        {
            Disk = Reading.Unreadable<int>("no df", "df -P /"),
        }), ("web-01", null), ("web-02", Pretend.Facts(99)));

    private static readonly string Text = SnapshotFile.Write(Snapshot);

    [Fact]
    public void A_snapshot_is_the_same_after_saving_and_loading_and_gets_the_same_judgement()
    {
        Snapshot again = Parse(Text);

        Assert.Equal(Text, SnapshotFile.Write(again));
        Assert.Equal(Pretend.Judge(Snapshot), Pretend.Judge(again));
        PretendFacts facts = (PretendFacts)again.Facts[2].Value!;
        Assert.Equal(Pretend.Facts(99).Addresses, facts.Addresses);
        Assert.Equal(Pretend.Facts(99) with { Addresses = facts.Addresses, Units = facts.Units }, facts);
        Assert.Equal((TestSite.Now, TimeSpan.FromSeconds(2), "1.2.3"), (again.Time, again.Duration, again.ModuleVersion));
    }

    [Theory]
    [InlineData(117957514)]
    [InlineData(1)]
    [InlineData(3333333333)]
    public void Any_duration_is_written_the_same_after_loading(long ticks)
    {
        string text = SnapshotFile.Write(Snapshot with { Duration = TimeSpan.FromTicks(ticks) });

        Assert.Equal(text, SnapshotFile.Write(Parse(text)));
    }

    [Fact]
    public void The_file_says_its_format_and_holds_nothing_that_is_derived()
    {
        JsonNode root = JsonNode.Parse(Text)!;

        Assert.Equal(1, root["format"]!.GetValue<int>());
        Assert.Equal("www.foobar.com", root["inventory"]!["site"]!.GetValue<string>());
        JsonObject facts = root["servers"]!["web-02"]!["pretend"]!["value"]!.AsObject();
        Assert.Equal(["192.0.2.1", "2001:db8::1"], facts["addresses"]!.AsArray().Select(address => address!.GetValue<string>()));
        Assert.False(facts.ContainsKey("full"));
    }

    [Fact]
    public void A_file_is_written_in_one_step_and_only_for_its_owner()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllText(path, "old");
            Assert.Equal("FileExists", Assert.Throws<FoobarException>(() => SnapshotFile.Save(Snapshot, path)).ErrorId);
            Assert.Equal("old", File.ReadAllText(path));
            SnapshotFile.Save(Snapshot, path, overwrite: true);

            Assert.Equal(Text, File.ReadAllText(path));
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"{Path.GetFileName(path)}.*.tmp"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("", "not a usable snapshot")]
    [InlineData("[]", "it is no JSON object")]
    [InlineData("{}", "it has no \"format\"")]
    [InlineData("{ \"format\": 2 }", "it has format 2, and this version of the module reads format 1")]
    [InlineData("{ \"format\": 1 }", "it has no \"inventory\"")]
    [InlineData("{ \"format\": \"1\" }", "not a usable snapshot")]
    public void What_is_no_snapshot_says_why(string text, string problem)
    {
        FoobarException error = Assert.Throws<FoobarException>(() => Parse(text));

        Assert.Equal("SnapshotInvalid", error.ErrorId);
        Assert.StartsWith("old.json ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_that_do_not_fit_name_server_part_and_place()
    {
        Assert.Contains(
            "facts 'pretend' of lb-01 do not fit at $.counter",
            Refusal("\"counter\": 42", "\"counter\": \"many\""),
            StringComparison.Ordinal);
        Assert.Contains("holds facts 'future' of lb-01", Refusal("\"pretend\"", "\"future\""), StringComparison.Ordinal);
        Assert.Contains("$.servers['lb-01'].rolls: unknown key", Refusal("\"roles\"", "\"rolls\""), StringComparison.Ordinal);

        static string Refusal(string old, string replacement) =>
            Assert.ThrowsAny<FoobarException>(() => Parse(Text.Replace(old, replacement, StringComparison.Ordinal))).Message;
    }

    [Fact]
    public void Files_that_are_missing_or_cannot_be_written_are_clear_errors()
    {
        Assert.Equal("SnapshotNotFound", Assert.Throws<FoobarException>(() => SnapshotFile.Load("/nonexistent/a.json")).ErrorId);
        Assert.Equal("FileNotWritten", Assert.Throws<FoobarException>(() => SnapshotFile.Save(Snapshot, "/nonexistent/a.json")).ErrorId);
    }

    [Fact]
    public void Any_damage_gives_a_snapshot_or_a_clear_error()
    {
        Gen<string> damaged =
            from start in Gen.Choose(0, Text.Length)
            from length in Gen.Choose(0, 60)
            from piece in Gen.Elements("", "\"", "{", "}", "[", "]", "null", "1e999", "\\ud800", "{}", "[]", "true", "-1", "\"\"")
            select string.Concat(Text.AsSpan(0, start), piece, Text.AsSpan(Math.Min(Text.Length, start + length)));

        Prop.ForAll(Arb.From(damaged), text =>
        {
            try
            {
                Pretend.Judge(Parse(text));
            }
            catch (FoobarException error)
            {
                Assert.NotEmpty(error.ErrorId);
            }
        }).CheckSeeded(1000);
    }

    private static Snapshot Parse(string text) => SnapshotFile.Parse(text, "old.json", [Pretend.Part()]);
}
