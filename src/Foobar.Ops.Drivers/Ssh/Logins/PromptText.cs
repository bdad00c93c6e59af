using System.Text.RegularExpressions;

namespace Foobar.Ops.Drivers.Ssh.Logins;

/// <summary>Tells a question for the account's password from one for a code (RFC 4256 leaves the text to the server).</summary>
internal static partial class PromptText
{
    /// <summary>Whether a hidden answer is the account's password: PAM's texts, in the languages that name it so.</summary>
    public static bool AsksForPassword(string question) => Password().IsMatch(question) && !Code().IsMatch(question);

    [GeneratedRegex(
        @"passwor[dt]|kennwort|mot de passe|contrase|senha|wachtwoord|hasło|lösenord",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Password();

    [GeneratedRegex(
        @"one[- ]?time|\botp\b|verification|token|passcode|\bcode\b|new password|retype",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
