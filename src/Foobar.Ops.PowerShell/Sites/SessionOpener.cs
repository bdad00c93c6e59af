using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>What a session is asked to be.</summary>
/// <param name="Inventory">The absolute path of the inventory.</param>
/// <param name="Database">The database login; <see langword="null"/> for the login by socket.</param>
/// <param name="Sudo">sudo's password, without a user; <see langword="null"/> for a sudo that asks for none.</param>
/// <param name="AcceptNewHostKey">Whether keys of servers never seen before are accepted.</param>
internal sealed record SessionRequest(
    string Inventory, NetworkCredential? Database = null, NetworkCredential? Sudo = null, bool AcceptNewHostKey = false)
{
    /// <summary>The SSH login; <see langword="null"/> for the keys of the operator.</summary>
    public NetworkCredential? Ssh { get; init; }

    /// <summary>What carries the SSH connections.</summary>
    public SshTransport Transport { get; init; }

    /// <summary>The key of the session on the inventory as it now is.</summary>
    public SessionKey KeyOf(byte[] content) => SessionKey.Of(Inventory, content, [Database, Sudo, Ssh], AcceptNewHostKey, Transport);

    /// <summary>How the session is opened.</summary>
    public SessionOptions Options() => new()
    {
        Database = Database is null ? null : new DatabaseLogin(Database.UserName, new Secret(Database.Password)),
        SudoPassword = Sudo is null ? null : new Secret(Sudo.Password),
        Ssh = Ssh is null ? null : new SshLogin(Ssh.UserName, new Secret(Ssh.Password)),
        Transport = Transport,
        AcceptNewHostKeys = AcceptNewHostKey,
        Log = ActivityRelay.Shared,
    };
}

/// <summary>Finds or makes the session for a request.</summary>
internal static class SessionOpener
{
    /// <summary>The session of this runspace for a request; made, but connected to no server, if there is none.</summary>
    /// <param name="request">What it must be.</param>
    /// <param name="connect">Whether it becomes the connected site.</param>
    public static ISiteSession Open(SessionRequest request, bool connect)
    {
        Site site = InventoryLoader.Load(request.Inventory);
        SessionKey key = request.KeyOf(File.ReadAllBytes(request.Inventory));
        ISiteSession session = RunspaceSessions.Here.Use(
            key, connect, () => new SiteSession(site, request.Options()), out IReadOnlyList<ISiteSession> outdated);
        RunspaceSessions.Close(outdated);
        return session;
    }
}
