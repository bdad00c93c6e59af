using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>The first field of a <c>known_hosts</c> line: a hashed name, or patterns with <c>*</c>, <c>?</c> and negation.</summary>
internal static class HostPattern
{
    private const string HashMagic = "|1|";

    /// <summary>Whether the field is of the name, which is in lower case.</summary>
    public static bool Matches(string field, string name) =>
        field.StartsWith(HashMagic, StringComparison.Ordinal) ? MatchesHash(field, name) : MatchesList(field, name);

    /// <summary>Whether a text in lower case matches a pattern with <c>*</c> (any characters) and <c>?</c> (one).</summary>
    public static bool MatchesPattern(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // Goes back to the last star only, so that hostile patterns cost no more than pattern times text.
        int at = 0, of = 0, star = -1, resume = 0;
        while (of < text.Length)
        {
            if (at < pattern.Length && (pattern[at] == '?' || (pattern[at] != '*' && char.ToLowerInvariant(pattern[at]) == text[of])))
            {
                at++;
                of++;
            }
            else if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                resume = of;
            }
            else if (star >= 0)
            {
                at = star + 1;
                of = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].IndexOfAnyExcept('*') < 0;
    }

    /// <summary>A name, hashed with a new salt: HMAC-SHA1, as OpenSSH's HashKnownHosts writes it.</summary>
    public static string Hash(string name)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(20);
        return $"{HashMagic}{Convert.ToBase64String(salt)}|{Convert.ToBase64String(Digest(salt, name))}";
    }

    private static bool MatchesList(string field, string name)
    {
        bool found = false;
        foreach (string pattern in field.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            bool negated = pattern[0] == '!';
            if (MatchesPattern(negated ? pattern.AsSpan(1) : pattern, name))
            {
                if (negated)
                {
                    return false;
                }

                found = true;
            }
        }

        return found;
    }

    private static bool MatchesHash(string field, string name)
    {
        string[] parts = field[HashMagic.Length..].Split('|');
        if (parts.Length != 2)
        {
            return false;
        }

        try
        {
            return CryptographicOperations.FixedTimeEquals(
                Digest(Convert.FromBase64String(parts[0]), name), Convert.FromBase64String(parts[1]));
        }
        catch (FormatException)
        {
            return false;
        }
    }

#pragma warning disable CA5350 // The format has no other digest, and it hides names only.
    private static byte[] Digest(byte[] salt, string name) => HMACSHA1.HashData(salt, Encoding.UTF8.GetBytes(name));
#pragma warning restore CA5350
}
