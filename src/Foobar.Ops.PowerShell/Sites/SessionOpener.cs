using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>What a session is asked to be.</summary>
/// <param name="Inventory">The absolute path of the inventory.</param>
/// <param name="Credential">The database login; <see langword="null"/> for the login by socket.</param>
/// <param name="AcceptNewHostKey">Whether keys of servers never seen before are accepted.</param>
internal sealed record SessionRequest(string Inventory, NetworkCredential? Credential, bool AcceptNewHostKey);

/// <summary>Finds or makes the session for a request.</summary>
internal static class SessionOpener
{
    /// <summary>Makes a session that connects to no server yet.</summary>
    internal static Func<Site, SessionRequest, ISiteSession> Make { get; set; } = (_, _) => throw new InvalidOperationException();

    /// <summary>The session of this runspace for a request; opened if there is none.</summary>
    /// <param name="request">What it must be.</param>
    /// <param name="connect">Whether it becomes the connected site.</param>
    public static ISiteSession Open(SessionRequest request, bool connect)
    {
        Site site = InventoryLoader.Load(request.Inventory);
        SessionKey key = SessionKey.Of(request.Inventory, File.ReadAllBytes(request.Inventory), request.Credential, request.AcceptNewHostKey);
        ISiteSession session = RunspaceSessions.Here.Use(key, connect, () => Make(site, request), out IReadOnlyList<ISiteSession> outdated);
        RunspaceSessions.Close(outdated);
        return session;
    }
}
