using System.Globalization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// What a session has read is given again in a later round while its files stand, and read again as soon as one of them has changed:
/// nothing that changed is hidden.
/// </summary>
public sealed class SessionMemoryTests
{
    private const string File = "/etc/ssh/sshd_config", Directory = "/etc/ssh", Fragments = "/etc/ssh/sshd_config.d/*.conf";

    private const long Old = 1_000_000;

    private static readonly RemoteCommand Command = RemoteCommand.FromScript("sshd -T") with { Sources = new([File, Fragments]) };

    private readonly FakeSiteSession _site = new(TestSite.Create());

    private readonly Dictionary<string, (long Changed, int Inode)> _files = new(StringComparer.Ordinal)
    {
        ["/etc"] = (Old, 1), [Directory] = (Old, 2), [File] = (Old, 3), ["/etc/ssh/sshd_config.d"] = (Old, 4),
        ["/etc/ssh/sshd_config.d/10-site.conf"] = (Old, 5),
    };

    private readonly FakeServerSession _server;

    private string _says = "first";

    // Of the server's clock, beside the operator's.
    private long _ahead;

    private bool _looks = true;

    public SessionMemoryTests() => _server = _site.Server("web-01")
        .On("date +%s", _ => _looks ? (Look(), 0, "") : ("", 127, "not found"))
        .On("sshd -T", _ => (_says, 0, ""));

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    [Fact]
    public async Task What_stands_is_read_once_a_session()
    {
        Assert.Equal(["first", "first", "first"], [await RoundAsync(), await RoundAsync(), await RoundAsync()]);

        Assert.Equal(1, Ran);
    }

    [Fact]
    public async Task Another_session_reads_it_anew()
    {
        await RoundAsync();
        FakeSiteSession other = new(_site.Site);
        other.Server("web-01").On("date +%s", _ => (Look(), 0, "")).On("sshd -T", "second");

        Assert.Equal("second", await RoundAsync(other));
    }

    [Theory]
    [InlineData(File)]
    [InlineData("/etc/ssh/sshd_config.d/10-site.conf")]
    [InlineData("/etc/ssh/sshd_config.d/20-new.conf")]
    public async Task A_file_that_changed_or_came_since_is_read(string path)
    {
        foreach (int rounds in (int[])[1, 2, 3])
        {
            _says = "first";
            for (int round = 0; round < rounds; round++)
            {
                await RoundAsync();
            }

            _files[path] = (Now, _files.GetValueOrDefault(path).Inode);
            _says = "second";

            Assert.Equal(["second", "second"], [await RoundAsync(), await RoundAsync()]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_file_that_is_gone_is_noticed_by_its_directory_or_by_its_absence(int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            await RoundAsync();
        }

        _files.Remove("/etc/ssh/sshd_config.d/10-site.conf");
        _files["/etc/ssh/sshd_config.d"] = (Now, 4);
        _says = "second";

        Assert.Equal("second", await RoundAsync());
    }

    [Fact]
    public async Task A_file_that_took_the_place_of_another_is_read_however_old_it_is()
    {
        await RoundAsync();
        await RoundAsync();
        _files[File] = (Old, 99);
        _says = "second";

        Assert.Equal("second", await RoundAsync());
    }

    [Fact]
    public async Task A_file_that_changed_just_before_it_was_read_is_read_once_more()
    {
        _files[File] = (Now - 2, 3);
        await RoundAsync();
        _says = "second";

        Assert.Equal("second", await RoundAsync());
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task A_clock_that_was_stepped_ends_all_that_is_remembered(long seconds)
    {
        await RoundAsync();
        await RoundAsync();
        _ahead = seconds;
        _says = "second";

        Assert.Equal("second", await RoundAsync());
    }

    [Fact]
    public async Task Where_it_can_not_be_looked_everything_is_read()
    {
        await RoundAsync();
        _looks = false;
        _says = "second";

        Assert.Equal("second", await RoundAsync());
    }

    [Fact]
    public async Task What_failed_or_tells_of_files_that_are_not_known_is_read_again()
    {
        RemoteCommand failing = RemoteCommand.FromScript("sshd -T; false") with { Sources = new([File]) };
        RemoteCommand open = RemoteCommand.FromScript("sshd -T # open") with
        {
            Sources = new([File], static result => result.OutputText == "first" ? null : []),
        };
        RemoteCommand odd = RemoteCommand.FromScript("sshd -T # odd") with { Sources = new(["/etc/[ab].conf"]) };
        _site.Server("web-02").On("date +%s", _ => (Look(), 0, "")).On("; false", "x", exitCode: 1).On("sshd -T", "first");

        foreach (RemoteCommand command in (RemoteCommand[])[failing, open, odd])
        {
            await RunAsync(_site, "web-02", command);
            await RunAsync(_site, "web-02", command);
        }

        Assert.Equal(
            6, _site.Server("web-02").Commands.Count(static command => command.Script.StartsWith("sshd -T", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_given_beside_the_files_has_to_be_the_same_and_old_enough()
    {
        RemoteCommand With(string given, long? changed = null) =>
            Command with { Sources = new([File]) { Given = given, GivenChanged = changed } };

        await RunAsync(_site, "web-01", With("a"));
        await RunAsync(_site, "web-01", With("a"));
        Assert.Equal(1, Ran);
        await RunAsync(_site, "web-01", With("b", Now));
        await RunAsync(_site, "web-01", With("b", Now));
        Assert.Equal(3, Ran);
        await RunAsync(_site, "web-01", With("c", Old));
        await RunAsync(_site, "web-01", With("c", Old));
        Assert.Equal(4, Ran);
    }

    [Fact]
    public async Task A_real_shell_tells_what_stands()
    {
        Assert.SkipUnless(Environment.UserName == "root", "A look at files is root's.");
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell("sh"));
        DirectoryInfo directory = System.IO.Directory.CreateTempSubdirectory("foobar memory");
        try
        {
            string path = Path.Combine(directory.FullName, "a b");
            await System.IO.File.WriteAllTextAsync(path, "x");
            System.IO.File.CreateSymbolicLink(Path.Combine(directory.FullName, "link"), path);

            SourceLook look = (await SourceLook.AtAsync(
                session, [path, $"{directory.FullName}/l*", "/nonexistent/x", "/etc/passwd"], TestContext.Current.CancellationToken))!;
            await System.IO.File.WriteAllTextAsync(path, "longer");
            SourceLook later = (await SourceLook.AtAsync(
                session, [path, $"{directory.FullName}/l*", "/nonexistent/x", "/etc/passwd"], TestContext.Current.CancellationToken))!;

            Assert.InRange(Now - look.Before, 1, 60);
            Assert.True(later.IsOneClockWith(look));
            Assert.NotEqual(look.StateOf([path]), later.StateOf([path]));
            Assert.NotEqual(look.StateOf([$"{directory.FullName}/l*"]), later.StateOf([$"{directory.FullName}/l*"]));
            Assert.Equal(look.StateOf(["/etc/passwd"]), later.StateOf(["/etc/passwd"]));
            Assert.Equal("", look.StateOf(["/nonexistent/x"]));
            Assert.False(look.IsOlder([path], look.Before));
            Assert.True(look.IsOlder(["/nonexistent/x"], look.Before));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Any_text_is_taken_or_refused() =>
        ParserProperties.TakesOrRefusesAnyText(
            static text => SourceLook.Parse(text, 0, TimeSpan.Zero, [])!, "1700000000\nn 1 2 3 81a4 0 0 5 1 /etc/passwd\n");

    private int Ran => _server.Commands.Count(static command => command.Script.StartsWith("sshd -T", StringComparison.Ordinal));

    private Task<string> RoundAsync(FakeSiteSession? site = null) => RunAsync(site ?? _site, "web-01", Command);

    private static async Task<string> RunAsync(FakeSiteSession site, string server, RemoteCommand command)
    {
        ReadingRound round = new(site, TestContext.Current.CancellationToken);
        IServerSession session = await round.For().GetServerAsync(server, TestContext.Current.CancellationToken);
        return (await session.RunAsync(command, TestContext.Current.CancellationToken)).OutputText;
    }

    // What stat(1) would tell, of all files that there are: more than was asked for.
    private string Look() => string.Create(CultureInfo.InvariantCulture, $"{Now + _ahead}\n") + string.Concat(_files.Select(static file =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"n {file.Value.Changed} 1 {file.Value.Inode} 81a4 0 0 1 1 {file.Key}\nt {file.Value.Changed} 1 {file.Value.Inode} 81a4 0 0 1 1 {file.Key}\n")));
}
