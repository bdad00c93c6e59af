using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>
/// Tells from what sudo said why it refused: words of sudo 1.8 to 1.9 (sudoers(5), its plugins and its PAM conversation) and
/// of sudo-rs, in the locale C that sessions set.
/// </summary>
internal static class SudoRefusals
{
    private const string Password =
        "Give sudo's password when connecting (-SudoPassword), or allow the login to use sudo without one (NOPASSWD in a file in "
            + "/etc/sudoers.d).";
    private const string Repair = "Repair sudo on the server; until then log in as root, or leave out what needs root.";

    // The first row that matches counts: what is only a consequence stands below its cause.
    private static readonly (Regex Words, string Cause, string Recommendation)[] Known =
    [
        Row(
            @"must have a tty",
            "sudo wants a terminal there, which sessions have none of",
            "Put 'Defaults:LOGIN !requiretty' for the login into a file in /etc/sudoers.d: requiretty is set on the server. A password "
                + "does not help."),
        Row(
            @"\bsudo: (command )?not found|sudo: No such file", "there is no sudo on the server",
            "Install the package sudo there, or log in as root."),
        Row(
            @"no new privileges", "the login's processes may not gain privileges there (no_new_privs), so sudo can't work",
            "Look for NoNewPrivileges in the unit or container that sshd runs in."),
        Row(
            @"setuid|effective user ID is not 0|unable to change to root gid|must be owned by uid 0",
            "sudo is not installed so that it can become root",
            "See that sudo on the server belongs to root and has its setuid bit, and that its file system is not mounted with 'nosuid'."),
        Row(
            @"parse error in|syntax error|no valid sudoers sources|is world writable|is group writable|is owned by (uid|gid)|should be mode|unable to (open|stat|read) \S*sudoers|unable to initialize policy|error (initializing|loading) \S* ?plugin|fatal error, unable to load plugins|invalid sudoers",
            "sudo can't use its configuration there",
            "Check it with 'visudo -c' as root: a broken file or a wrong owner or mode stops sudo for everybody."),
        Row(
            @"not in the sudoers|may not run sudo|I'm sorry .*I'm afraid I can't do that|is not allowed to run sudo",
            "the login has no rule in sudo's configuration",
            "Allow the login to run commands as root: a file in /etc/sudoers.d with 'LOGIN ALL=(root) NOPASSWD: ALL'."),
        Row(
            @"is not allowed to execute|not allowed to run", "sudo's rules do not let the login run a shell as root",
            "The login's rule must cover /bin/sh as root ('LOGIN ALL=(root) NOPASSWD: ALL'); single programs are not enough."),
        Row(
            @"account is locked|account validation failure|[Aa]ccount (has )?expired|[Pp]assword (has )?expired|[Aa]ccount or password is expired|PAM account management error|password change required|Authentication token is no longer valid",
            "the login's account is locked or expired there",
            "Unlock the account or renew its password on the server (passwd -S, chage -l, faillock)."),
        Row(
            @"Sorry, try again|incorrect (password|authentication) attempt|[Aa]uthentication failed|[Ii]ncorrect password|maximum \d+ incorrect",
            "sudo did not take the password",
            "Give the right password of the login (not root's) with -SudoPassword. It is not tried again in this session, so that no "
                + "account gets locked."),
        Row(
            @"PAM authentication error|unable to initialize PAM|PAM (error|conversation)|authentication server|authentication information cannot be recovered",
            "the server could not check sudo's password",
            "Look at PAM's configuration for sudo (/etc/pam.d/sudo) and at the directory service behind it."),
        Row(@"no password was provided|timed out reading password", "sudo asked for a password and was given none", Password),
        Row(
            @"password is required|a terminal is required to (read the password|authenticate)|no tty present and no askpass|interactive authentication is required|askpass",
            "sudo wants a password", Password),
        Row(
            @"not allowed to (set|preserve)|sorry, you are not allowed to", "sudo's rules do not allow how it was called",
            "The login's rule must allow commands as root without restrictions ('LOGIN ALL=(root) NOPASSWD: ALL')."),
        Row(
            @"do not exist in the passwd|unknown (user|uid|group)|[Uu]ser .* not found",
            "sudo does not find the login or root among the server's accounts",
            "See that the directory service (nsswitch.conf, sssd) answers on the server."),
        Row(
            @"unable to (execute|allocate pty|fork|create|set|send|write)|[Rr]esource temporarily unavailable|[Nn]o space left|[Cc]annot allocate",
            "sudo could not start a shell", Repair),
    ];

    /// <summary>The error for what sudo said.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="words">All that sudo wrote to its standard error.</param>
    public static FoobarException Explain(string server, string words)
    {
        string[] lines = [.. words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(IsCause)];
        foreach ((Regex known, string cause, string recommendation) in Known)
        {
            if (Array.FindLast(lines, known.IsMatch) is string line)
            {
                return Refused(server, $"{cause}: {line}", recommendation);
            }
        }

        string[] own = [.. lines.Where(line => line.Contains("sudo", StringComparison.Ordinal))];
        string said = string.Join(" ", own.Length > 0 ? own : lines);
        return Refused(
            server, said.Length > 0 ? said : "it ended without a word",
            "Try 'sudo -n true' in a login on the server, and put right what it says.");
    }

    // A host whose name does not resolve is only warned of.
    private static bool IsCause(string line) => !line.StartsWith("sudo: unable to resolve host", StringComparison.Ordinal);

    private static FoobarException Refused(string server, string words, string recommendation) =>
        new(
            "SudoRefused", ErrorKind.Permission, $"{server}: sudo refused to run commands as root: {words}")
            {
                Server = server,
                Recommendation = recommendation,
            };

    private static (Regex Words, string Cause, string Recommendation) Row(string words, string cause, string recommendation) =>
        (new Regex(words, RegexOptions.CultureInvariant), cause, recommendation);
}
