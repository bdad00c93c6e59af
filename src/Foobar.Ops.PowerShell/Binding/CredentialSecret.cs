using System.Management.Automation;
using System.Net;
using System.Runtime.InteropServices;
using System.Security;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Hands a credential's user and password on.</summary>
internal static class CredentialSecret
{
    /// <summary>
    /// The login, its user as it was given: <see cref="PSCredential.GetNetworkCredential"/> takes <c>CORP\</c> and <c>@corp</c>
    /// for a Windows domain and drops them, and another account would log in.
    /// </summary>
    public static NetworkCredential ToLogin(this PSCredential credential) => new(credential.UserName, credential.Password);

    /// <summary>The password, with no copy of it left behind.</summary>
    public static Secret TakeSecret(this PSCredential credential) => credential.Password.TakeSecret();

    /// <summary>The text, with no copy of it left behind.</summary>
    public static Secret TakeSecret(this SecureString secure)
    {
        nint text = Marshal.SecureStringToGlobalAllocUnicode(secure);
        try
        {
            char[] characters = GC.AllocateUninitializedArray<char>(secure.Length, pinned: true);
            Marshal.Copy(text, characters, 0, characters.Length);
            Secret secret = new(characters);
            Array.Clear(characters);
            return secret;
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(text);
        }
    }
}
