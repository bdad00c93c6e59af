using System.Text.RegularExpressions;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Tells what must not stand in an inventory: keys and values that look like a secret.</summary>
internal static partial class Secrets
{
    /// <summary>What to do instead; the end of every message about a secret.</summary>
    public const string Instead = "no secret in an inventory: use the SSH agent, -DatabaseCredential or a secret vault at run time";

    /// <summary>Tells whether a key announces a secret: a password, a token, a private or an API key.</summary>
    public static bool LooksLikeKey(string name) =>
        KeyWords().IsMatch(name.Replace("-", string.Empty, StringComparison.Ordinal).Replace("_", string.Empty, StringComparison.Ordinal));

    /// <summary>
    /// Tells whether a value is one: PEM private key text, a URL or connection string with a password, a well-known form of token.
    /// </summary>
    public static bool LooksLikeValue(string text) => Values().IsMatch(text);

    [GeneratedRegex(
        "passw|passphrase|passcode|pwd|secret|token|credential|(api|private|access|license|licence|auth|signing|encryption|secret|ssh)key|^key$|keymaterial|^psk$|^pin$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeyWords();

    // Forms: PEM (RFC 7468), URL user information (RFC 3986, 3.2.1), key=value connection strings, JSON Web Token
    // (RFC 7519), access keys of AWS and GitHub.
    [GeneratedRegex(
        @"-----BEGIN [A-Z ]*PRIVATE KEY|://[^/@\s:]*:[^/@\s]+@|\b(password|pwd|passwd)\s*=\s*\S|\beyJ[\w-]{8,}\.[\w-]{8,}\.|\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,})",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Values();
}
