using System.Net;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>All that makes a session what it is: two commands share one exactly if these are the same.</summary>
/// <param name="Inventory">The absolute path of the inventory.</param>
/// <param name="Content">A digest of its content: hosts, users, ports, identities and jump hosts stand in it.</param>
/// <param name="Identity">The logins, or empty; passwords are in it as digests that mean nothing outside this process.</param>
/// <param name="AcceptNewHostKey">Whether keys of servers never seen before are accepted.</param>
/// <param name="Transport">What carries the SSH connections.</param>
internal sealed record SessionKey(string Inventory, string Content, string Identity, bool AcceptNewHostKey, SshTransport Transport)
{
    private static readonly byte[] Salt = RandomNumberGenerator.GetBytes(32);

    /// <summary>The key of a session on an inventory as it now is.</summary>
    public static SessionKey Of(
        string inventory,
        byte[] content,
        IEnumerable<NetworkCredential?> logins,
        bool acceptNewHostKey,
        SshTransport transport = SshTransport.Auto) =>
        new(
            inventory, Convert.ToHexString(SHA256.HashData(content)), string.Join('\n', logins.Select(IdentityOf)), acceptNewHostKey,
            transport);

    /// <summary>Whether the other session is of the same inventory and identity, perhaps in an older version of the file.</summary>
    public bool IsSameSite(SessionKey other) => this with { Content = other.Content } == other;

    private static string IdentityOf(NetworkCredential? login) => login is null
        ? string.Empty
        : $"{login.UserName}:{Convert.ToHexString(HMACSHA256.HashData(Salt, Encoding.UTF8.GetBytes(login.Password)))}";
}
