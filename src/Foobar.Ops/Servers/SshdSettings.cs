using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Servers;

/// <summary>The SSH server's settings as its configuration makes them (sshd_config(5)); those in force once it is reloaded.</summary>
public sealed record SshdSettings
{
    /// <summary>The command this is read from.</summary>
    public const string Source = "sshd -T";

    /// <summary>
    /// Finds sshd outside an ordinary user's PATH. Socket-activated servers make the directory for privilege separation
    /// only while they run; where it is missing sshd refuses even to print its settings.
    /// </summary>
    /// <remarks>A Match block is not printed. One that loosens what is asked for is told by a line of its own.</remarks>
    internal const string Script = """
        PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
        sshd -T || exit
        awk '{ gsub(/=/, " "); key = tolower($1); value = tolower($2); gsub(/"/, "", value) }
          FNR == 1 { block = "" }
          key == "include" && $2 != "/etc/ssh/sshd_config.d/*.conf" { print "INCLUDE " $2 }
          key == "match" { block = $0 }
          block != "" && value == "yes" && key ~ /^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|challengeresponseauthentication|permitemptypasswords)$/ { if (!said++) print block }
          block != "" && key == "authenticationmethods" && value == "any" { if (!said++) print block }' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null || true
        """;

    /// <summary>Files that a configuration takes in from elsewhere may take in others, which is not followed.</summary>
    internal static CommandSources Sources { get; } = new(
        ["/usr/sbin/sshd", "/etc/ssh", "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d", "/etc/ssh/sshd_config.d/*.conf"],
        static result => result.OutputText.Contains(Includes, StringComparison.Ordinal) ? null : []);

    private const string Includes = "\nINCLUDE ";

    /// <summary><c>yes</c>, <c>prohibit-password</c>, <c>forced-commands-only</c>, <c>no</c>.</summary>
    public required string PermitRootLogin { get; init; }

    /// <summary>Whether a password opens the server.</summary>
    public required bool PasswordAuthentication { get; init; }

    /// <summary>Whether a password asked for by PAM does.</summary>
    public bool KeyboardInteractiveAuthentication { get; init; }

    /// <summary>Whether an empty password is one.</summary>
    public bool PermitEmptyPasswords { get; init; }

    /// <summary>
    /// The methods that must all succeed, alternatives apart by a blank (<c>publickey,password</c>); <c>any</c> for one of
    /// any.
    /// </summary>
    public string AuthenticationMethods { get; init; } = "any";

    /// <summary>What of the settings is not understood; each with its reason.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];

    /// <summary>Whether graphics are forwarded.</summary>
    public bool X11Forwarding { get; init; }

    /// <summary>Whether any kind of password alone opens the server.</summary>
    public bool TakesPasswords => (PasswordAuthentication || KeyboardInteractiveAuthentication)
        && AuthenticationMethods.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Any(methods => !methods.Split(',').Any(method => method is "publickey" or "hostbased" or "gssapi-with-mic"));

    /// <summary>Reads the output of <c>sshd -T</c>: keyword and value a line, in lower case.</summary>
    /// <exception cref="Errors.ParseException">permitrootlogin or passwordauthentication is missing.</exception>
    public static SshdSettings Parse(string text)
    {
        Dictionary<string, string> values = KeyValues.Parse(text, ' ');
        values.Remove(Includes.Trim());
        string Required(string key) =>
            values.TryGetValue(key, out string? value)
                ? value
                : throw new Errors.ParseException(null, Source, 0, $"expected a line '{key}'.");
        bool Is(string key) => values.GetValueOrDefault(key) == "yes";
        return new SshdSettings
        {
            // An old name of the same setting, which some versions still print.
            PermitRootLogin = Required("permitrootlogin") is "without-password" ? "prohibit-password" : values["permitrootlogin"],
            PasswordAuthentication = Required("passwordauthentication") == "yes",
            KeyboardInteractiveAuthentication = Is("kbdinteractiveauthentication") || Is("challengeresponseauthentication"),
            PermitEmptyPasswords = Is("permitemptypasswords"),
            X11Forwarding = Is("x11forwarding"),
            AuthenticationMethods = values.GetValueOrDefault("authenticationmethods") is { Length: > 0 } methods ? methods : "any",
            Doubts =
            [
                .. values.Select(
                    pair =>
                        SshdWords.Settings.Trouble(pair.Key) is { } trouble
                            ? (pair.Value.Length > 0 && !SshdWords.Settings.IsHandled(pair.Key)
                                ? $"{trouble} ({pair.Key} {pair.Value})"
                                : trouble)
                            : null).OfType<string>(),
                .. new[] { SshdWords.RootLogins.Trouble(values["permitrootlogin"]) }.OfType<string>(),
            ],
        };
    }
}
