using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Tests.Planning;

public sealed class JournalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("foobar-journal-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_written_is_read_and_a_torn_last_line_is_left_out_and_written_over()
    {
        OperationStore store = new("www.foobar.com", _root);
        string path;
        using (FileJournal journal = store.NewJournal("failover", DateTimeOffset.UnixEpoch))
        {
            path = journal.Path;
            journal.Append([Record(JournalEvent.Begin, "failover"), Record(JournalEvent.StepBegin, "fence")]);
        }

        File.AppendAllText(path, """{"Time":"1970-01-01T00:00:00+00:00","Eve""");
        Assert.Equal(2, FileJournal.Read(path).Count);
        using (FileJournal journal = FileJournal.Open(path))
        {
            journal.Append([Record(JournalEvent.StepDone, "fence")]);
        }

        Assert.Equal(["fence"], JournalState.Replay(FileJournal.Read(path), path).Done);
    }

    [Fact]
    public void An_unfinished_operation_is_found_and_a_finished_one_is_not()
    {
        OperationStore store = new("www.foobar.com", _root);
        using FileJournal journal = store.NewJournal("failover", DateTimeOffset.UnixEpoch);
        Assert.Null(store.FindUnfinished("failover"));
        journal.Append([Record(JournalEvent.Begin, "failover")]);
        Assert.Equal(journal.Path, store.FindUnfinished("failover")?.Path);
        Assert.Null(store.FindUnfinished("repair"));
        journal.Append([Record(JournalEvent.End, "end") with { Text = "Completed" }]);
        Assert.Null(store.FindUnfinished("failover"));
    }

    [Fact]
    public void The_second_operator_is_told_who_and_since_when()
    {
        OperationStore store = new("www.foobar.com", _root);
        using (store.Lock("failover", DateTimeOffset.UnixEpoch))
        {
            FoobarException error = Assert.Throws<FoobarException>(() => store.Lock("failover", DateTimeOffset.UnixEpoch));
            Assert.Equal("OperationRunning", error.ErrorId);
            Assert.Contains(Environment.UserName, error.Message, StringComparison.Ordinal);
            Assert.Contains("since 1970-01-01", error.Message, StringComparison.Ordinal);
        }

        store.Lock("failover", DateTimeOffset.UnixEpoch).Dispose();
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("..")]
    [InlineData("a/b\\c:d")]
    [InlineData("")]
    public void A_sites_name_never_leads_out_of_the_state_directory(string site)
    {
        string directory = Path.GetFullPath(new OperationStore(site, _root).Directory);
        Assert.Equal(Path.Combine(_root, "foobar-ops", "journal"), Path.GetDirectoryName(directory));
    }

    [Fact]
    public void Two_sites_of_one_name_keep_apart()
    {
        Foobar.Ops.Inventory.Site site = Foobar.Ops.Tests.Database.HealthySite.Site;
        Foobar.Ops.Inventory.Site staging = site with
        {
            Servers = [.. site.Servers.Select(server => server with { Addresses = [System.Net.IPAddress.Parse("198.51.100.77")] })],
        };
        Assert.NotEqual(OperationStore.Of(site, _root).Directory, OperationStore.Of(staging, _root).Directory);
        Assert.Equal(
            OperationStore.Of(site, _root).Directory,
            OperationStore.Of(site with { Servers = [.. site.Servers.Reverse()] }, _root).Directory);
        using IDisposable held = OperationStore.Of(site, _root).Lock("failover", DateTimeOffset.UnixEpoch);
        OperationStore.Of(staging, _root).Lock("failover", DateTimeOffset.UnixEpoch).Dispose();
    }

    [Fact]
    public void Only_the_owner_can_read_a_journal()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes");
            return;
        }

        using FileJournal journal = new OperationStore("x", _root).NewJournal("failover", DateTimeOffset.UnixEpoch);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(journal.Path));
    }

    [Fact]
    public void Any_text_is_a_journal_or_a_clean_error_that_names_the_line() => ParserProperties.TakesOrRefusesAnyText(
        text =>
        {
            try
            {
                return JournalState.Replay(FileJournal.Parse(text, "journal"), "journal");
            }
            catch (ParseException error)
            {
                Assert.True(error.Line > 0);
                return null;
            }
        },
        Written());

    private string Written()
    {
        using FileJournal journal = new OperationStore("www.foobar.com", _root).NewJournal("failover", DateTimeOffset.UnixEpoch);
        journal.Append([
            Record(
                JournalEvent.Begin, "failover"), Record(
                    JournalEvent.StepBegin, "fence"), Record(JournalEvent.StepDone, "fence") with { Text = "0-43-7" },
            Record(JournalEvent.StepBegin, "promote"), Record(JournalEvent.End, "end") with { Text = "Completed" }]);
        return File.ReadAllText(journal.Path);
    }

    private static JournalRecord Record(JournalEvent what, string name) =>
        new() { Time = DateTimeOffset.UnixEpoch, Event = what, Name = name };
}
