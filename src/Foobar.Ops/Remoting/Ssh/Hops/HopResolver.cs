using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Ssh.Hops;

/// <summary>
/// Finds the way to a server for a transport that is not the OpenSSH client: by the client's own settings (<c>ssh -G</c>)
/// where there is one, else by the inventory alone.
/// </summary>
/// <param name="site">The site.</param>
/// <param name="options">The operator's choices.</param>
/// <param name="configuration">The configuration that the client is given.</param>
internal sealed class HopResolver(Site site, SessionOptions options, SshConfiguration configuration)
{
    private const int MostHops = 16;
    private static readonly string[] DefaultKeys = ["id_ed25519", "id_ecdsa", "id_rsa"];
    private static readonly string Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>The hops, the server itself last.</summary>
    /// <exception cref="FoobarException"><c>SshSettingUnsupported</c>, <c>SshEndpointInvalid</c>, <c>SshConfigMissing</c>,
    /// <c>SshConfigInvalid</c>.</exception>
    public async Task<IReadOnlyList<SshHop>> ResolveAsync(Server server, CancellationToken cancellationToken)
    {
        List<SshHop> hops = SshProgram.Exists(options.SshProgram)
            ? await AskAsync(
                server, server.Ssh.Host, SshSettings.Destination(server), explicitJump: false, MostHops, cancellationToken)
                .ConfigureAwait(false)
            : ByInventory(server, server.Ssh, MostHops);
        SshHop target = hops[^1];
        hops[^1] = target with { User = options.Ssh?.User ?? target.User ?? Environment.UserName };
        for (int at = 0; at < hops.Count - 1; at++)
        {
            // ssh -G can't tell a user that nobody named from the local one.
            string? named = hops[at].User is string user && user != Environment.UserName ? user : null;
            hops[at] = hops[at] with { User = named ?? options.Ssh?.User ?? Environment.UserName };
        }

        return hops;
    }

    private async Task<List<SshHop>> AskAsync(
        Server server, string alias, IEnumerable<string> destination, bool explicitJump, int left, CancellationToken cancellationToken)
    {
        ClientSettings settings = await SettingsAsync(server, alias, configuration.Path, destination, cancellationToken).ConfigureAwait(
            false);
        IReadOnlyList<JumpHost> jumps = explicitJump ? [] : Jumps(server, settings.ProxyJump);
        if (settings.Unsupported(throughJump: explicitJump || jumps.Count > 0) is string name)
        {
            throw Unsupported(server, alias, name);
        }

        if (settings.HasUnknown
            && settings.SetThoughUnknown(
                await SettingsAsync(server, alias, "none", destination, cancellationToken).ConfigureAwait(false)) is string unknown)
        {
            throw Unsupported(server, alias, unknown);
        }

        List<SshHop> hops = [];
        for (int at = 0; at < jumps.Count; at++)
        {
            // As the client does: the first jump host is reached by its own settings, each further one through the one before.
            IEnumerable<string> arguments = SshSettings.Destination(
                server with { Ssh = new SshEndpoint { Host = jumps[at].Host, User = jumps[at].User, Port = jumps[at].Port } });
            hops.AddRange(
                await AskAsync(
                    server, jumps[at].Host, arguments, explicitJump: at > 0, Left(server, left), cancellationToken)
                    .ConfigureAwait(false));
        }

        return [.. hops, settings.ToHop()];
    }

    private async Task<ClientSettings> SettingsAsync(
        Server server, string alias, string configured, IEnumerable<string> destination, CancellationToken cancellationToken) =>
        ClientSettings.Parse(
            await RunAsync(server, configured, destination, cancellationToken).ConfigureAwait(false), alias, Home, Environment.UserName);

    private async Task<string> RunAsync(
        Server server, string configured, IEnumerable<string> destination, CancellationToken cancellationToken)
    {
        await using SshProcess client = SshProcess.Start(options.SshProgram, ["-G", "-F", configured, .. destination], server.Name);
        using StreamReader reader = new(client.Output, Encoding.UTF8, leaveOpen: true);
        string text = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        return await client.ExitAsync(cancellationToken).ConfigureAwait(false) == 0
            ? text
            : throw SshErrors.Explain(server.Name, client.Words, opened: false, KnownHosts.ReadLines);
    }

    private List<SshHop> ByInventory(Server server, SshEndpoint ssh, int left)
    {
        if (site.SshConfig is not null)
        {
            throw new FoobarException(
                "SshSettingUnsupported", ErrorKind.InvalidInput,
                $"{server.Name}: the inventory names an ssh_config (sshConfig), which only an OpenSSH client can read, "
                + $"and there is no '{options.SshProgram}' on this machine.")
            {
                Server = server.Name,
                Recommendation = "Install the OpenSSH client: it reads the ssh_config for the SSH.NET transport too. "
                    + "Or leave sshConfig out and give hosts, users, ports and jump hosts in the inventory.",
            };
        }

        List<SshHop> hops = [];
        foreach (JumpHost jump in Jumps(server, ssh.ProxyJump))
        {
            // A jump host that is itself a server of the site is reached as the inventory says.
            Server? known = site.Servers.FirstOrDefault(
                each =>
                    each.Name.Equals(jump.Host, StringComparison.OrdinalIgnoreCase)
                        || each.Ssh.Host.Equals(jump.Host, StringComparison.OrdinalIgnoreCase));
            SshEndpoint endpoint = known?.Ssh ?? new SshEndpoint { Host = jump.Host };
            endpoint = endpoint with
            {
                User = jump.User ?? endpoint.User,
                Port = jump.Port ?? endpoint.Port,
                ProxyJump = hops.Count == 0 ? endpoint.ProxyJump : null,
            };
            hops.AddRange(ByInventory(server, endpoint, Left(server, left)));
        }

        return [.. hops, FromInventory(ssh)];
    }

    private static SshHop FromInventory(SshEndpoint ssh) => new()
    {
        Alias = ssh.Host,
        Host = ssh.Host,
        Port = ssh.Port ?? 22,
        User = ssh.User,
        IdentityFiles = ssh.IdentityFile is string own ? [own] : [.. DefaultKeys.Select(name => Path.Combine(Home, ".ssh", name))],
        KnownHostsFiles = [Path.Combine(Home, ".ssh", "known_hosts"), SystemKnownHosts()],
        NewKeysFile = Path.Combine(Home, ".ssh", "known_hosts"),
    };

    private static string SystemKnownHosts() => OperatingSystem.IsWindows()
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "ssh", "ssh_known_hosts")
        : "/etc/ssh/ssh_known_hosts";

    private static IReadOnlyList<JumpHost> Jumps(Server server, string? text)
    {
        try
        {
            return JumpHost.ParseList(text);
        }
        catch (FormatException)
        {
            throw RemotingErrors.HostNotUsable(server.Name, "jump host", text!);
        }
    }

    private static int Left(Server server, int left) => left > 1 ? left - 1 : throw new FoobarException(
        "SshEndpointInvalid", ErrorKind.InvalidInput, $"{server.Name}: its jump hosts lead through each other more than {MostHops} times.")
    {
        Server = server.Name,
        Recommendation = "Correct ProxyJump in the ssh_config or proxyJump in the inventory: they go in a circle.",
    };

    private static FoobarException Unsupported(Server server, string alias, string name) => new(
        "SshSettingUnsupported",
        ErrorKind.InvalidInput,
        $"{server.Name}: the settings of '{alias}' contain {name}; the SSH.NET transport can't serve it.")
    {
        Server = server.Name,
        Recommendation = "Use the transport OpenSsh for this server (without an SSH credential), or give it settings without this one.",
    };
}
