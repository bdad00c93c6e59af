using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations;

/// <summary>What is told of a firewall change that was ended midway.</summary>
public sealed class EarlierChangeTests
{
    [Theory]
    [InlineData("1 armed 1795312800", true)]
    [InlineData("1 begun 0", true)]
    [InlineData("1 restoring 1795312800", true)]
    [InlineData("1 restored 1795312800 restored by deadline", false)]
    [InlineData("1 kept 1795312800", false)]
    public void A_leftover_says_whether_old_rules_are_still_to_come_back(string line, bool pending) =>
        Assert.Equal(pending, Assert.Single(Leftover.Parse(line + "\n", "web-01")).IsPending);

    [Theory]
    [InlineData("1 asleep 5")]
    [InlineData("1 armed soon")]
    [InlineData("$(id) armed 5")]
    [InlineData("1 2 5")]
    public void Another_form_is_an_error_that_names_the_server(string line) =>
        Assert.Equal("web-01", Assert.Throws<ParseException>(() => Leftover.Parse(line, "web-01")).Server);

    [Fact]
    public void Any_text_is_read_or_refused() =>
        ParserProperties.TakesOrRefusesAnyText(
            static text => Leftover.Parse(text, "web-01"), "20261122T020000000-web-01 armed 1795312800 ", "a restored 5 restored by undo");

    [Theory]
    [InlineData("1 restored 0 restored by deadline", "", "has put its old rules back (restored by deadline)")]
    [InlineData("1 armed 1795312800", "load web-01", "puts its old rules back by itself at 2026-11-22 02:00:00Z")]
    [InlineData("", "disarm web-01", "keeps its new rules")]
    [InlineData("", "load web-01", "holds nothing of it any more: it was restarted, and runs what its boot loads")]
    [InlineData("", "arm web-01", "was not changed")]
    public void Each_server_s_fate_is_told_by_what_it_holds_and_how_far_the_journal_came(string left, string done, string told)
    {
        JournalState state = new()
        {
            Kind = "firewall",
            Since = TestSite.Now,
            Parameters = new Dictionary<string, string>(),
            Begun = new HashSet<string>(),
            Done = new HashSet<string> { done },
            Notes = new Dictionary<string, string>(),
        };
        Assert.Equal(told, EarlierChange.Tell(state, "web-01", Leftover.Parse(left, "web-01") is [var leftover] ? leftover : null));
    }

    [Fact]
    public async Task An_unfinished_change_is_found_told_and_closed_once()
    {
        string root = Directory.CreateTempSubdirectory("foobar-earlier-").FullName;
        try
        {
            OperationStore store = new("www.foobar.com", root);
            using (FileJournal journal = store.NewJournal("firewall", TestSite.Now))
            {
                journal.Append([
                    new JournalRecord
                    {
                        Time = TestSite.Now,
                        Event = JournalEvent.Begin,
                        Name = "firewall",
                        Text = "",
                        Parameters = new Dictionary<string, string> { ["web-01"] = "1", ["web-02"] = "2" },
                    },
                ]);
            }

            FakeSiteSession session = new(TestSite.Create());
            session.Server("web-01").On("firewall-*", "1 restored 5 restored by deadline\n");
            session.Server("web-02").Fail(
                "firewall-*", new FoobarException("ServerUnreachable", ErrorKind.Connection, "gone") { Server = "web-02" });
            EarlierChange? earlier = await EarlierChange.FindAsync(store, session, TestContext.Current.CancellationToken);
            earlier!.Close();

            Assert.Equal(["web-01 has put its old rules back (restored by deadline)", "web-02 can't be asked (gone)"], earlier.Servers);
            Assert.Null(await EarlierChange.FindAsync(store, session, TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task A_fresh_session_is_opened_with_the_same_options()
    {
        await using SiteSession first = new(
            TestSite.Create(), new SessionOptions { SshProgram = "no-such-program-at-all", Transport = SshTransport.OpenSsh });
        await using ISiteSession fresh = first.Fresh();
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => fresh.GetServerAsync("web-01", TestContext.Current.CancellationToken));
        Assert.Equal("SshClientMissing", error.ErrorId);
    }
}
