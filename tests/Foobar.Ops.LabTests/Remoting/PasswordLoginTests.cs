using System.Security.Cryptography;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Remoting;

/// <summary>An account that has a password and no key, on every server and on the jump host before them: only SSH.NET can log in.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class PasswordLoginTests(LabFixture labs) : IAsyncLifetime
{
    private const string User = "keyless";
    private readonly string _password = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
    private RaisedLab? _lab;

    public async ValueTask InitializeAsync()
    {
        _lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        await OnEveryServerAsync($$"""
            useradd --create-home --shell /bin/sh {{User}} && chpasswd
            printf 'AllowUsers {{User}}\nMatch User {{User}}\n AuthenticationMethods password\n PasswordAuthentication yes\n' >/etc/ssh/sshd_config.d/00-password.conf
            {{ServiceReload.Sshd}}
            """, $"{User}:{_password}\n");
    }

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            await OnEveryServerAsync(
                $"rm -f /etc/ssh/sshd_config.d/00-password.conf; {ServiceReload.Sshd}; pkill -KILL -u {User}; sleep 0.2; userdel --remove "
                    + $"{User} 2>/dev/null || userdel --force --remove {User}");
        }
    }

    [Fact]
    public async Task Every_server_is_reached_through_its_jump_host()
    {
        using Secret password = new(_password);
        await using SiteSession site = Open(password);
        foreach (ConnectOutcome outcome in await site.ConnectAllAsync(Names, TestContext.Current.CancellationToken))
        {
            Assert.Null(outcome.Error);
            IServerSession session = await site.GetServerAsync(outcome.Server.Name, TestContext.Current.CancellationToken);
            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript("hostname; id -un"), TestContext.Current.CancellationToken);
            Assert.Equal($"{outcome.Server.Name}\n{User}\n", result.OutputText);
        }
    }

    [Fact]
    public async Task A_forward_reaches_the_database()
    {
        using Secret password = new(_password);
        await using SiteSession site = Open(password);
        IServerSession session = await site.GetServerAsync("web-01", TestContext.Current.CancellationToken);
        await using Stream stream = await session.ConnectAsync(
            new RemoteEndpoint.UnixSocket("/run/mysqld/mysqld.sock"), TestContext.Current.CancellationToken);
        byte[] greeting = new byte[5];
        await stream.ReadExactlyAsync(greeting, TestContext.Current.CancellationToken);
        Assert.Equal(10, greeting[4]);
    }

    [Fact]
    public async Task A_wrong_password_is_refused_by_name_and_stays_secret()
    {
        using Secret wrong = new("not-" + _password);
        await using SiteSession site = Open(wrong);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => site.GetServerAsync("lb-01", TestContext.Current.CancellationToken));
        Assert.Equal(("AuthenticationRefused", "lb-01"), (error.ErrorId, error.Server));
        Assert.NotEmpty(error.Recommendation!);
        Assert.DoesNotContain(_password, error.ToString(), StringComparison.Ordinal);
    }

    private IEnumerable<string> Names => _lab!.Plan.Servers.Select(static server => server.Name);

    private SiteSession Open(Secret password) =>
        new(
            InventoryLoader.Load(_lab!.Inventory),
            new SessionOptions { Ssh = new SshLogin(User, password), ConnectTimeLimit = TimeSpan.FromSeconds(60) });

    private async Task OnEveryServerAsync(string script, string? input = null)
    {
        foreach (string name in Names)
        {
            await _lab!.RunAsync(name, script, input);
        }
    }
}
