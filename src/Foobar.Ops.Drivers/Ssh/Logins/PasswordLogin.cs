using Renci.SshNet;

namespace Foobar.Ops.Drivers.Ssh.Logins;

/// <summary>
/// A password that is sent once only: a server that refused it as an answer is not sent it again, since tries may lock the account.
/// </summary>
/// <param name="user">The account.</param>
/// <param name="password">The password.</param>
/// <param name="wasRefused">Whether the server refused it already.</param>
internal sealed class PasswordLogin(string user, byte[] password, Func<bool> wasRefused) : PasswordAuthenticationMethod(user, password)
{
    /// <inheritdoc/>
    public override AuthenticationResult Authenticate(Session session) =>
        wasRefused() ? AuthenticationResult.Failure : base.Authenticate(session);
}
