using Foobar.Ops.Findings;

namespace Foobar.Ops.Servers;

/// <summary>Controls over the SSH server.</summary>
internal static class SshdControls
{
    /// <summary>SRV-012.</summary>
    public static Control<ServerCase<ServerFacts>> RootPassword { get; } = new(
        ServerControls.Info(
            "SRV-012",
            Severity.High,
            "Root can't log in with a password",
            "Every address on the internet tries root's password all day; one weak password is the whole server.",
            "Set 'PermitRootLogin prohibit-password' (or 'no') in /etc/ssh/sshd_config.d/ and reload ssh.",
            "sshd_config(5), PermitRootLogin"),
        server => server.Facts.Sshd.Judge(sshd => [sshd is { PermitRootLogin: "yes", TakesPasswords: true }
            ? Verdict.Fail(
                "PermitRootLogin", "prohibit-password, forced-commands-only or no", "yes, and passwords are taken",
                $"{SshdSettings.Source}: permitrootlogin yes")
            : Undecided("PermitRootLogin", sshd) ?? Verdict.Pass("PermitRootLogin", sshd.PermitRootLogin)]));

    /// <summary>SRV-013.</summary>
    public static Control<ServerCase<ServerFacts>> KeysOnly { get; } = new(
        ServerControls.Info(
            "SRV-013",
            Severity.Medium,
            "SSH takes keys only",
            "A password can be guessed, reused and phished; a key can't.",
            "Set 'PasswordAuthentication no' and 'KbdInteractiveAuthentication no' in /etc/ssh/sshd_config.d/ and reload ssh.",
            "sshd_config(5), PasswordAuthentication"),
        server => server.Facts.Sshd.Judge(sshd => [sshd.TakesPasswords
            ? Verdict.Fail(
                "PasswordAuthentication", "no", Taken(sshd),
                $"{SshdSettings.Source}: passwordauthentication {(sshd.PasswordAuthentication ? "yes" : "no")}, "
                    + $"kbdinteractiveauthentication {(sshd.KeyboardInteractiveAuthentication ? "yes" : "no")}")
            : Undecided("PasswordAuthentication", sshd) ?? Verdict.Pass("PasswordAuthentication", "no")]));

    private static Verdict? Undecided(string target, SshdSettings sshd) =>
        sshd.Doubts.Count == 0
            ? null
            : Verdict.Unknown(target, $"Not all settings are understood: {string.Join("; ", sshd.Doubts)}.", SshdSettings.Source);

    private static string Taken(SshdSettings sshd) =>
        (sshd.PasswordAuthentication ? "passwords are taken" : "passwords are taken through PAM")
            + (sshd.PermitEmptyPasswords ? ", empty ones too" : "");
}
