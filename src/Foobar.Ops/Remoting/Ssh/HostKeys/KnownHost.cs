using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>What a line of <c>known_hosts</c> says of its key.</summary>
internal enum KnownHostMarker
{
    /// <summary>The host has this key.</summary>
    None,

    /// <summary>The key signs certificates of hosts (<c>@cert-authority</c>).</summary>
    CertificateAuthority,

    /// <summary>The key must never be accepted (<c>@revoked</c>).</summary>
    Revoked,
}

/// <summary>A line of <c>known_hosts</c>.</summary>
/// <param name="Marker">What it says.</param>
/// <param name="Hosts">Its first field: patterns, or a hashed name.</param>
/// <param name="Key">The public key, as it is encoded on the wire (RFC 4253, 6.6).</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line, counted from 1.</param>
internal sealed record KnownHost(KnownHostMarker Marker, string Hosts, byte[] Key, string File, int Line)
{
    /// <summary>The type that the key itself states, say <c>ssh-ed25519</c>.</summary>
    public string KeyType => HostKeyText.TypeOf(Key) ?? "";

    /// <summary>Reads the lines of a file. Lines that say nothing are passed over, as OpenSSH passes over them (hostfile.c).</summary>
    public static IEnumerable<KnownHost> Parse(IEnumerable<string> lines, string file)
    {
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            if (ParseLine(line, file, number) is KnownHost known)
            {
                yield return known;
            }
        }
    }

    private static KnownHost? ParseLine(string line, string file, int number)
    {
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        KnownHostMarker? marker = words switch
        {
            [] or [['#', ..], ..] => null,
            ["@revoked", ..] => KnownHostMarker.Revoked,
            ["@cert-authority", ..] => KnownHostMarker.CertificateAuthority,
            [['@', ..], ..] => null,
            _ => KnownHostMarker.None,
        };
        int first = marker is KnownHostMarker.None ? 0 : 1;
        if (marker is null || words.Length < first + 3)
        {
            return null;
        }

        byte[] key = new byte[words[first + 2].Length];
        return Convert.TryFromBase64String(words[first + 2], key, out int length)
            && HostKeyText.TypeOf(key.AsSpan(0, length)) == words[first + 1]
            ? new KnownHost(marker.Value, words[first], key[..length], file, number)
            : null;
    }
}

/// <summary>How host keys are shown and told apart.</summary>
internal static class HostKeyText
{
    /// <summary>The fingerprint as OpenSSH writes it: <c>SHA256:</c> and unpadded base64.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> key) => "SHA256:" + Convert.ToBase64String(SHA256.HashData(key)).TrimEnd('=');

    /// <summary>The type that an encoded key begins with (RFC 4253, 6.6); <see langword="null"/> if it is none.</summary>
    public static string? TypeOf(ReadOnlySpan<byte> key)
    {
        const int LongestType = 100;
        return key.Length >= 4
            && BinaryPrimitives.ReadUInt32BigEndian(key) is > 0 and <= LongestType and uint length
            && key.Length >= 4 + length
            ? Encoding.ASCII.GetString(key.Slice(4, (int)length))
            : null;
    }
}
