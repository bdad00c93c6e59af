using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class SessionTableTests
{
    private static readonly byte[] Content = [1, 2, 3];
    private static readonly SessionKey Key = SessionKey.Of("/sites/a.json", Content, [], acceptNewHostKey: false);

    private readonly SessionTable _table = new();

    [Theory]
    [InlineData("/sites/b.json", 1, null, null, false)]
    [InlineData("/sites/a.json", 9, null, null, false)]
    [InlineData("/sites/a.json", 1, "app", "x", false)]
    [InlineData("/sites/a.json", 1, null, null, true)]
    public void Everything_that_makes_a_session_what_it_is_is_in_its_key(
        string inventory, byte content, string? user, string? password, bool acceptNew) =>
        Assert.NotEqual(
            SessionKey.Of("/sites/a.json", [1], [null, null], false),
            SessionKey.Of(inventory, [content], [user is null ? null : new NetworkCredential(user, password), null], acceptNew));

    [Theory]
    [InlineData("root", "x")]
    [InlineData("app", "y")]
    public void Another_user_or_password_is_another_session(string user, string password) =>
        Assert.NotEqual(
            SessionKey.Of("/a", Content, [new NetworkCredential("app", "x")], false),
            SessionKey.Of("/a", Content, [new NetworkCredential(user, password)], false));

    [Fact]
    public void Another_transport_or_SSH_login_is_another_session()
    {
        SessionRequest asked = new("/a");

        Assert.NotEqual(asked.KeyOf(Content), (asked with { Transport = SshTransport.SshNet }).KeyOf(Content));
        Assert.NotEqual(asked.KeyOf(Content), (asked with { Ssh = new NetworkCredential("operator", "x") }).KeyOf(Content));
        Assert.NotEqual(
            (asked with { Ssh = new NetworkCredential("operator", "x") }).KeyOf(Content),
            (asked with { Ssh = new NetworkCredential("operator", "y") }).KeyOf(Content));
        Assert.NotEqual(
            (asked with { Database = new NetworkCredential("operator", "x") }).KeyOf(Content),
            (asked with { Ssh = new NetworkCredential("operator", "x") }).KeyOf(Content));
    }

    [Fact]
    public void A_database_login_is_not_a_sudo_password()
    {
        NetworkCredential login = new(string.Empty, "x");

        Assert.NotEqual(SessionKey.Of("/a", Content, [login, null], false), SessionKey.Of("/a", Content, [null, login], false));
    }

    [Fact]
    public void The_same_login_is_the_same_session_and_its_password_stands_nowhere_in_the_key()
    {
        SessionKey one = SessionKey.Of("/a", Content, [new NetworkCredential("app", "s3cret-word")], false);

        Assert.Equal(one, SessionKey.Of("/a", Content, [new NetworkCredential("app", "s3cret-word")], false));
        Assert.DoesNotContain("s3cret-word", one.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_is_made_once_a_key()
    {
        ISiteSession first = Use(Key);

        Assert.Same(first, Use(Key));
        Assert.Null(_table.Current);
    }

    [Fact]
    public void The_site_connected_last_is_the_current_one_until_it_is_taken_out()
    {
        ISiteSession first = Use(Key, connect: true);
        ISiteSession second = Use(Key with { Inventory = "/sites/b.json" }, connect: true);
        Assert.Same(second, _table.Current);

        Assert.True(_table.Take(second));

        Assert.Same(first, _table.Current);
        Assert.False(_table.Take(second));
    }

    [Fact]
    public void Connecting_to_a_site_again_makes_it_current_without_a_second_session()
    {
        ISiteSession first = Use(Key, connect: true);
        Use(Key with { Inventory = "/sites/b.json" }, connect: true);

        Assert.Same(first, Use(Key, connect: true));
        Assert.Same(first, _table.Current);
        Assert.Equal(2, _table.Connected.Count);
    }

    [Fact]
    public void Using_a_connected_session_leaves_it_connected()
    {
        ISiteSession first = Use(Key, connect: true);
        Use(Key);

        Assert.Same(first, _table.Current);
    }

    [Fact]
    public void An_edited_inventory_outdates_a_session_nobody_was_given_but_not_a_connected_one()
    {
        SessionKey edited = Key with { Content = "edited" };
        ISiteSession quiet = Use(Key);
        _table.Use(edited, false, () => new FakeSite(), out IReadOnlyList<ISiteSession> outdated);
        Assert.Same(quiet, Assert.Single(outdated));

        ISiteSession connected = Use(edited, connect: true);
        _table.Use(Key, false, () => new FakeSite(), out outdated);
        Assert.Empty(outdated);
        Assert.Same(connected, _table.Current);
    }

    [Fact]
    public void Taking_all_out_gives_each_session_once()
    {
        ISiteSession[] all = [Use(Key), Use(Key with { AcceptNewHostKey = true }, connect: true)];

        Assert.Equal(all.ToHashSet(), _table.TakeAll().ToHashSet());
        Assert.Empty(_table.TakeAll());
    }

    private ISiteSession Use(SessionKey key, bool connect = false) => _table.Use(key, connect, () => new FakeSite(), out _);

    private sealed class FakeSite : ISiteSession
    {
        public Site Site => TestSite.Small;

        public bool IsClosed => false;

        public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ISiteSession Fresh() => this;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
