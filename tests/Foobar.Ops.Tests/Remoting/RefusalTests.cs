using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// Every refusal has its own cause and a cure that fits. The words are those of OpenSSH 8 to 10, of sudo 1.8 and 1.9 and of
/// sudo-rs.
/// </summary>
public class RefusalTests
{
    private const string ToServer =
        "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19\ndebug1: Connecting to 192.0.2.11 [192.0.2.11] port 22.\ndebug1: Connection established.\n"
            + "debug1: Server host key: ssh-ed25519 SHA256:dNyxDR5j7Zh8Ep72SLxv7zXSJyUeMKwTgJ4tHeQGCSM\n";
    private const string LoggedIn = ToServer + "Authenticated to 192.0.2.11 ([192.0.2.11]:22) using \"publickey\".\n";
    private const string ThroughJump =
        "debug1: Executing proxy command: exec ssh -F x -v -W '[192.0.2.11]:22' lb-01\n"
            + "Authenticated to 198.51.100.10 ([198.51.100.10]:22) using \"publickey\".\n";
    private const string Closed =
        "stdio forwarding failed\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n";
    private const string Certificate =
        "debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:dNyxDR5j7Zh8Ep72SLxv7zXSJyUeMKwTgJ4tHeQGCSM, serial 7 ID "
            + "\"web-01\" CA ssh-ed25519 SHA256:AuthorityAuthorityAuthorityAuthorityAuthor1 valid from 2026-01-01T00:00:00 to "
            + "2026-12-31T00:00:00\n";
    private const string PlainKey =
        "debug1: No matching CA found. Retry with plain key\nNo ED25519 host key is known for 192.0.2.11 and you have requested strict "
            + "checking.\nHost key verification failed.\n";

    /// <summary>The client's words, the error's id, a part of the cause and of the cure.</summary>
    public static TheoryData<string, string, string, string> OfSsh => new()
    {
        { ThroughJump
            + "channel 0: open failed: administratively prohibited: open failed\n"
            + Closed, "JumpRefused", "its sshd forbids it", "AllowTcpForwarding" },
        { ThroughJump
            + "channel 0: open failed: connect failed: Name or service not known\n"
            + Closed, "ServerUnreachable", "the jump host can't resolve", "DNS" },
        { ThroughJump
            + "channel 0: open failed: connect failed: Connection refused\n"
            + Closed, "ServerUnreachable", "refuses the jump host's connection", "sshd runs" },
        { ThroughJump
            + "channel 0: open failed: connect failed: Connection timed out\n"
            + Closed, "ConnectTimeout", "no answer to the jump host", "firewall" },
        { ThroughJump
            + "channel 0: open failed: connect failed: No route to host\n"
            + Closed, "ServerUnreachable", "from the jump host", "route" },
        { ToServer + "me@192.0.2.11: Permission denied (publickey).\n", "AuthenticationRefused", "none of the keys", "authorized_keys" },
        { ToServer + "me@192.0.2.11: Permission denied (password).\n", "AuthenticationRefused", "passwords only", "-SshCredential" },
        { ToServer
            + "me@192.0.2.11: Permission denied (password,keyboard-interactive).\n", "AuthenticationRefused", "passwords only",
            "-SshCredential" },
        { ToServer
            + "me@192.0.2.11: Permission denied (publickey,password).\n", "AuthenticationRefused", "none of the keys", "passwords too" },
        { ToServer + "me@192.0.2.11: Permission denied (gssapi-with-mic).\n", "AuthenticationRefused", "gssapi-with-mic", "kinit" },
        { ToServer
            + "Authenticated using \"publickey\" with partial success.\nme@192.0.2.11: Permission denied (keyboard-interactive).\n",
            "AuthenticationRefused", "second factor", "ControlPath" },
        { ToServer
            + "debug1: Authenticated with partial success.\nme@192.0.2.11: Permission denied (keyboard-interactive).\n",
            "AuthenticationRefused", "second factor", "ssh -M" },
        { ToServer
            + "Received disconnect from 192.0.2.11 port 22:2: Too many authentication failures\nDisconnected from 192.0.2.11 port 22\n",
            "AuthenticationRefused", "too many keys", "IdentitiesOnly" },
        { ToServer
            + "sign_and_send_pubkey: signing failed for ED25519 \"me\" from agent: agent refused operation\n"
            + "me@192.0.2.11: Permission denied (publickey).\n",
            "AuthenticationRefused", "did not sign", "agent" },
        { ToServer
            + "debug1: send_pubkey_test: no mutual signature algorithm\nme@192.0.2.11: Permission denied (publickey).\n",
            "AuthenticationRefused", "signature algorithm", "ssh-rsa" },
        { ToServer
            + "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\nThis private key will be ignored.\n"
            + "Load key \"/home/me/.ssh/id\": bad permissions\nme@192.0.2.11: Permission denied (publickey).\n",
            "AuthenticationRefused", "others can read", "chmod 600" },
        { ToServer
            + "Load key \"/home/me/.ssh/id\": error in libcrypto\nme@192.0.2.11: Permission denied (publickey).\n", "AuthenticationRefused",
            "can't read a key", "ssh-keygen" },
        { "no such identity: /home/me/.ssh/nope: No such file or directory\n"
            + ToServer
            + "me@192.0.2.11: Permission denied (publickey).\n", "AuthenticationRefused", "key's file is not there", "IdentityFile" },
        { ToServer
            + "\"System is booting up. Unprivileged users are not permitted to log in yet. Please come back later. For technical details, "
            + "see pam_nologin(8).\"\nConnection closed by 192.0.2.11 port 22\n",
            "AuthenticationRefused", "nobody but root", "nologin" },
        { ToServer
            + "Your account has expired; please contact your system administrator.\nConnection closed by 192.0.2.11 port 22\n",
            "AuthenticationRefused", "locked or expired", "chage" },
        { ToServer
            + "WARNING: Your password has expired.\nPassword change required but no TTY available.\n", "AuthenticationRefused",
            "password has expired", "chage" },
        { "debug1: Connection established.\ndebug1: kex_exchange_identification: banner line 0: Exceeded MaxStartups\n"
            + "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.11 port 22\n",
            "ServerUnreachable", "too many logins", "MaxStartups" },
        { "debug1: Connection established.\ndebug1: kex_exchange_identification: banner line 0: Not allowed at this time\n"
            + "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.11 port 22\n",
            "ServerUnreachable", "refuses this address", "PerSourcePenaltyExemptList" },
        { "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.11 port 22\n", "ServerUnreachable", "before the login", "MaxStartups" },
        { "debug1: Connection established.\ndebug1: kex_exchange_identification: banner line 0: HTTP/1.1 400 Bad Request\n"
            + "kex_exchange_identification: Connection closed by remote host\n", "SshNegotiationFailed", "no SSH server", "port" },
        { "Unable to negotiate with 192.0.2.11 port 22: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1\n", "SshNegotiationFailed", "no algorithm in common", "KexAlgorithms" },
        { ToServer + "Bad server host key: Invalid key length\n", "SshNegotiationFailed", "too short", "RequiredRSASize" },
        { ToServer
            + "ssh_dispatch_run_fatal: Connection to 192.0.2.11 port 22: message authentication code incorrect\n", "SshNegotiationFailed",
            "not what the server sent", "MTU" },
        { "ssh: connect to host 192.0.2.11 port 22: Connection refused\n", "ServerUnreachable", "nothing listens", "sshd runs" },
        { "ssh: connect to host 192.0.2.11 port 22: No route to host\n", "ServerUnreachable", "no way leads there", "routes" },
        { "ssh: connect to host 192.0.2.11 port 22: Operation not permitted\n", "ServerUnreachable", "does not let the connection out", "own firewall" },
        { "ssh: Could not resolve hostname web-01: Name or service not known\n", "ServerUnreachable", "does not resolve", "HostName" },
        { "ssh: Could not resolve hostname web-01: Temporary failure in name resolution\n", "ServerUnreachable", "looked up now", "resolv.conf" },
        { "debug1: Executing proxy command: exec nc 192.0.2.11 22\n/bin/sh: 1: exec: nc: not found\n"
            + "kex_exchange_identification: Connection closed by remote host\n", "ServerUnreachable", "ProxyCommand", "by hand" },
        { "hostname contains invalid characters\n", "SshConfigInvalid", "host's or the user's name", "HostName" },
        { "Bad owner or permissions on /home/me/.ssh/config\n", "SshConfigInvalid", "does not trust", "chmod 600" },
        { "/home/me/.ssh/config line 3: keyword Port extra arguments at end of line\n", "SshConfigInvalid", "does not accept", "named line" },
        { LoggedIn + "exec request failed on channel 0\n", "ShellUnavailable", "runs no command", "ForceCommand" },
        { LoggedIn + "This service allows sftp connections only.\n", "ShellUnavailable", "sftp only", "internal-sftp" },
        { LoggedIn + "This account is currently not available.\n", "ShellUnavailable", "has no shell", "chsh" },
        { LoggedIn + "channel 0: open failed: connect failed: open failed\n", "ShellUnavailable", "no session", "MaxSessions" },
        { ToServer
            + "** WARNING: connection is not using a post-quantum key exchange algorithm.\n"
            + "** This session may be vulnerable to \"store now, decrypt later\" attacks.\n"
            + "** The server may need to be upgraded. See https://openssh.com/pq.html\nme@192.0.2.11: Permission denied (publickey).\n",
            "AuthenticationRefused", "none of the keys", "authorized_keys" },
    };

    /// <summary>sudo's words, a part of the cause and of the cure.</summary>
    public static TheoryData<string, string, string> OfSudo => new()
    {
        { "sudo: sorry, you must have a tty to run sudo\n", "wants a terminal", "requiretty" },
        { "sudo: a password is required\n", "wants a password", "NOPASSWD" },
        { "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass "
            + "helper\nsudo: a password is required\n", "wants a password", "-SudoPassword" },
        { "sudo: no tty present and no askpass program specified\n", "wants a password", "NOPASSWD" },
        { "sudo: interactive authentication is required\n", "wants a password", "NOPASSWD" },
        { "me is not in the sudoers file.  This incident will be reported.\n", "no rule", "sudoers.d" },
        { "me is not in the sudoers file.\nThis incident has been reported to the administrator.\n", "no rule", "sudoers.d" },
        { "Sorry, user me may not run sudo on web-01.\n", "no rule", "sudoers.d" },
        { "sudo: I'm sorry me. I'm afraid I can't do that\n", "no rule", "sudoers.d" },
        { "Sorry, user me is not allowed to execute '/usr/bin/sh -c x' as root on web-01.\n", "run a shell as root", "/bin/sh" },
        { "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n", "did not take the password", "right password" },
        { "sudo: Authentication failed, try again.\nsudo: maximum 3 incorrect authentication attempts\n", "did not take the password", "right password" },
        { "sudo: account validation failure, is your account locked?\n", "locked or expired", "chage" },
        { "sudo: Account or password is expired, reset your password and try again\n", "locked or expired", "chage" },
        { "sudo: PAM authentication error: System error\nsudo: a password is required\n", "could not check", "pam.d" },
        { "sudo: /etc/sudoers is world writable\nsudo: no valid sudoers sources found, quitting\n"
            + "sudo: error initializing audit plugin sudoers_audit\n", "can't use its configuration", "visudo" },
        { ">>> /etc/sudoers: syntax error near line 3 <<<\nsudo: parse error in /etc/sudoers near line 3\n", "can't use its "
            + "configuration", "visudo" },
        { "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.\n"
            + "sudo: If sudo is running in a container, you may need to adjust the container configuration to disable the flag.\n",
            "no_new_privs", "NoNewPrivileges" },
        { "sudo: effective user ID is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without "
            + "root privileges?\n", "become root", "nosuid" },
        { "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set\n", "become root", "setuid" },
        { "sh: 1: sudo: not found\n", "no sudo", "Install" },
        { "sudo: unable to resolve host web-01: Name or service not known\nsudo: a password is required\n", "wants a password", "NOPASSWD" },
        { "sudo: something new\n", "something new", "sudo -n true" },
        { "", "without a word", "sudo -n true" },
    };

    [Theory, MemberData(nameof(OfSsh))]
    public void What_ssh_says_has_its_own_cause_and_cure(string words, string errorId, string cause, string cure)
    {
        FoobarException error = SshErrors.Explain("web-01", words, opened: false, _ => []);
        Assert.Equal((errorId, "web-01"), (error.ErrorId, error.Server));
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.Contains(cure, error.Recommendation!, StringComparison.Ordinal);
        Assert.DoesNotContain("debug1", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("post-quantum", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(OfSudo))]
    public void What_sudo_says_has_its_own_cause_and_cure(string words, string cause, string cure)
    {
        FoobarException error = SudoRefusals.Explain("web-01", words);
        Assert.Equal(("SudoRefused", "web-01", ErrorKind.Permission), (error.ErrorId, error.Server, error.Kind));
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.Contains(cure, error.Recommendation!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Certificate invalid: name is not a listed principal\n", "is not valid for 192.0.2.11", "HostKeyAlias")]
    [InlineData("Certificate invalid: expired\n", "has expired", "issue a new one")]
    [InlineData("Certificate invalid: not yet valid\n", "is not valid yet", "clocks")]
    [InlineData("Certificate lacks principal list\n", "is not valid for 192.0.2.11", "HostKeyAlias")]
    public void A_host_certificate_that_is_not_taken_is_told_with_its_authority(string line, string cause, string cure)
    {
        FoobarException error = SshErrors.Explain("web-01", Certificate + line + PlainKey, opened: false, _ => []);
        Assert.Equal("HostCertificateInvalid", error.ErrorId);
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.Contains("SHA256:AuthorityAuthorityAuthorityAuthorityAuthor1", error.Message, StringComparison.Ordinal);
        Assert.Contains("SHA256:dNyxDR5j7Zh8Ep72SLxv7zXSJyUeMKwTgJ4tHeQGCSM", error.Message, StringComparison.Ordinal);
        Assert.Contains(cure, error.Recommendation!, StringComparison.Ordinal);
        Assert.DoesNotContain("accepting new host keys", error.Recommendation!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_certificate_of_an_unknown_authority_names_the_authority()
    {
        FoobarException error = SshErrors.Explain("web-01", Certificate + PlainKey, opened: false, _ => []);
        Assert.Equal("HostKeyUnknown", error.ErrorId);
        Assert.Contains("authority SHA256:AuthorityAuthorityAuthorityAuthorityAuthor1", error.Message, StringComparison.Ordinal);
        Assert.Contains("@cert-authority", error.Recommendation!, StringComparison.Ordinal);
    }

    [Theory, InlineData(137, "KILL"), InlineData(143, "TERM"), InlineData(139, "SEGV"), InlineData(162, "RTMIN+0"), InlineData(0,
        null), InlineData(128, null), InlineData(255, null)]
    public void Exit_codes_name_their_signals(int exitCode, string? signal) => Assert.Equal(signal, SignalNames.OfExitCode(exitCode));
}
