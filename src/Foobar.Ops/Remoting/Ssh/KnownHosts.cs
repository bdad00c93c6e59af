using System.Security.Cryptography;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>Reads fingerprints out of <c>known_hosts</c> (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).</summary>
internal static class KnownHosts
{
    /// <summary>
    /// The fingerprint of the key in a line, as OpenSSH writes it: <c>SHA256:</c> and unpadded base64; <see langword="null"/> if there is
    /// none.
    /// </summary>
    /// <param name="lines">The file's lines.</param>
    /// <param name="line">The line, counted from 1.</param>
    public static string? Fingerprint(IReadOnlyList<string> lines, int line)
    {
        if (line < 1 || line > lines.Count)
        {
            return null;
        }

        string[] words = lines[line - 1].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        int key = words is [['@', ..], ..] ? 3 : 2;
        byte[] blob = new byte[lines[line - 1].Length];
        return key < words.Length && Convert.TryFromBase64String(words[key], blob, out int length)
            ? "SHA256:" + Convert.ToBase64String(SHA256.HashData(blob.AsSpan(0, length))).TrimEnd('=')
            : null;
    }

    /// <summary>The lines of a file; none if it can't be read.</summary>
    public static IReadOnlyList<string> ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [];
        }
    }
}
