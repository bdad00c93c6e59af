using System.Management.Automation;
using System.Runtime.InteropServices;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Hands a credential's password on as a secret.</summary>
internal static class CredentialSecret
{
    /// <summary>The password, with no copy of it left behind.</summary>
    public static Secret TakeSecret(this PSCredential credential)
    {
        nint text = Marshal.SecureStringToGlobalAllocUnicode(credential.Password);
        try
        {
            char[] characters = GC.AllocateUninitializedArray<char>(credential.Password.Length, pinned: true);
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
