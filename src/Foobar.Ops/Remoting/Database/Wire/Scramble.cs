using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>How a password is shown to be known without being sent (MySQL Client/Server Protocol, "Authentication Methods").</summary>
internal static class Scramble
{
    /// <summary>Login by SHA-1, MariaDB's usual one.</summary>
    public const string Native = "mysql_native_password";

    /// <summary>Login by SHA-256, MySQL's usual one.</summary>
    public const string CachingSha2 = "caching_sha2_password";

    /// <summary>The answer to a salt; <see langword="null"/> for a way of logging in that is not known here.</summary>
    /// <param name="plugin">The way.</param>
    /// <param name="password">The password.</param>
    /// <param name="salt">The salt.</param>
    public static byte[]? Of(string plugin, Secret password, ReadOnlySpan<byte> salt)
    {
        byte[] plain = Encoding.UTF8.GetBytes(password.Reveal());
        try
        {
            return (plugin, plain) switch
            {
                (Native or CachingSha2, []) => [],
#pragma warning disable CA5350 // The protocol's own hash.
                (Native, _) => Xor(SHA1.HashData(plain), SHA1.HashData([.. salt, .. SHA1.HashData(SHA1.HashData(plain))])),
#pragma warning restore CA5350
                (CachingSha2, _) => Xor(SHA256.HashData(plain), SHA256.HashData([.. SHA256.HashData(SHA256.HashData(plain)), .. salt])),
                _ => null,
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Xor(byte[] one, byte[] other) => [.. one.Zip(other, (left, right) => (byte)(left ^ right))];
}
