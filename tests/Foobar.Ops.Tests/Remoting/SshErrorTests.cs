using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Remoting.Ssh;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// What the OpenSSH client says, and what it means. The texts are recordings of OpenSSH 9.2 and, where marked, of other versions' sources.
/// </summary>
public class SshErrorTests
{
    private const string ToServer =
        "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19\ndebug1: Connecting to 192.0.2.11 [192.0.2.11] port 22.\ndebug1: Connection established.\n"
            + "debug1: Server host key: ssh-ed25519 SHA256:dNyxDR5j7Zh8Ep72SLxv7zXSJyUeMKwTgJ4tHeQGCSM\n";
    private const string ThroughJump = "debug1: Executing proxy command: exec ssh -F x -v -W '[192.0.2.11]:22' lb-01\n";
    private const string JumpReached = "Authenticated to 198.51.100.10 ([198.51.100.10]:22) using \"publickey\".\n";
    private const string Closed =
        "kex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n";

    [Theory]
    [InlineData(
        "HostKeyUnknown",
        false,
        ToServer + "No ED25519 host key is known for 192.0.2.11 and you have requested strict checking.\nHost key verification failed.\n")]
    [InlineData(
        "HostKeyRevoked",
        false,
        ToServer
            + "The ED25519 host key for 192.0.2.11 is marked as revoked.\nED25519 host key for 192.0.2.11 was revoked and you have "
            + "requested strict checking.\nHost key verification failed.\n")]
    [InlineData(
        "HostKeyChanged",
        false,
        ToServer
            + "Offending ED25519 key in /home/me/.ssh/known hosts:7\nHost key for 192.0.2.11 has changed and you have requested strict "
            + "checking.\nHost key verification failed.\n")]
    [InlineData("AuthenticationRefused", false, ToServer + "me@192.0.2.11: Permission denied (publickey).\n")]
    [InlineData(
        "AuthenticationRefused",
        false,
        ToServer
            + "Received disconnect from 192.0.2.11 port 22:2: Too many authentication failures\nDisconnected from 192.0.2.11 port 22\n")]
    [InlineData("ServerUnreachable", false, "ssh: connect to host 192.0.2.11 port 22: Connection refused\n")]
    [InlineData("ServerUnreachable", false, "ssh: connect to host 192.0.2.11 port 22: No route to host\n")]
    [InlineData("ServerUnreachable", false, "ssh: Could not resolve hostname web-01: Name or service not known\n")]
    [InlineData(
        "ServerUnreachable",
        false,
        "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.11 port 22\n")]
    [InlineData("ConnectTimeout", false, "ssh: connect to host 192.0.2.11 port 22: Connection timed out\n")]
    [InlineData("ConnectTimeout", false, "Connection timed out during banner exchange\nConnection to 192.0.2.11 port 22 timed out\n")]
    [InlineData(
        "SshNegotiationFailed",
        false,
        "Unable to negotiate with 192.0.2.11 port 22: no matching host key type found. Their offer: ssh-rsa\n")]
    [InlineData(
        "SshConfigInvalid",
        false,
        "/home/me/.ssh/config: line 3: Bad configuration option: nonsense\n"
            + "/home/me/.ssh/config: terminating, 1 bad configuration options\n")]
    [InlineData(
        "ShellUnavailable",
        false,
        ToServer + "Authenticated to 192.0.2.11 ([192.0.2.11]:22) using \"publickey\".\nThis account is currently not available.\n")]
    [InlineData("ServerUnreachable", false, "")]
    [InlineData("AuthenticationRefused", true, ThroughJump + "me@198.51.100.10: Permission denied (publickey).\n" + Closed)]
    [InlineData(
        "HostKeyUnknown",
        true,
        ThroughJump
            + "No ED25519 host key is known for 198.51.100.10 and you have requested strict checking.\nHost key verification failed.\n"
            + Closed)]
    [InlineData(
        "ServerUnreachable",
        false,
        ThroughJump + JumpReached + "channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\n" + Closed)]
    [InlineData(
        "ConnectTimeout",
        false,
        ThroughJump + JumpReached + "channel 0: open failed: connect failed: Connection timed out\nstdio forwarding failed\n" + Closed)]
    [InlineData(
        "AuthenticationRefused", false, ThroughJump + JumpReached + "me@192.0.2.11: Permission denied (publickey).\nKilled by signal 1.\n")]
    [InlineData(
        "ShellUnavailable",
        false,
        ThroughJump
            + JumpReached
            + "Authenticated to 192.0.2.11 (via proxy) using \"publickey\".\nThis account is currently not available.\n")]
    public void Causes_are_told_apart(string errorId, bool atJump, string words)
    {
        FoobarException error = SshErrors.Explain("web-01", words, opened: false, _ => []);
        Assert.Equal(
            (errorId, "web-01", atJump),
            (error.ErrorId, error.Server, error.Message.StartsWith("web-01: the jump host", StringComparison.Ordinal)));
        Assert.NotEmpty(error.Recommendation!);
        Assert.StartsWith("web-01", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("debug1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_key_has_both_fingerprints()
    {
        FoobarException error = SshErrors.Explain(
            "web-01",
            ToServer
                + "Offending ED25519 key in /home/me/known hosts:2\nHost key for 192.0.2.11 has changed and you have requested strict "
                + "checking.\n",
            opened: false,
            path => path == "/home/me/known hosts" ? ["# mine", "192.0.2.11 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1bGxzaGl0"] : []);
        Assert.Contains(
            "offers SHA256:dNyxDR5j7Zh8Ep72SLxv7zXSJyUeMKwTgJ4tHeQGCSM; known is SHA256:", error.Message, StringComparison.Ordinal);
        Assert.Contains("(/home/me/known hosts, line 2)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_session_was_open_every_end_is_a_loss()
    {
        FoobarException error = SshErrors.Explain(
            "web-01", ToServer + "Timeout, server 192.0.2.11 not responding.\n", opened: true, _ => []);
        Assert.Equal("ConnectionLost", error.ErrorId);
        Assert.Contains("Timeout, server 192.0.2.11 not responding.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_words_give_one_clean_error() =>
        Prop.ForAll<string, bool, string>((words, opened, line) =>
            SshErrors.Explain(
                "s",
                $"{words}\nOffending x key in {line}:3\nHost key for h has changed and you have requested",
                opened, _ => [words, line, $"{words} {line} {words}"]).ErrorId.Length > 0
            && SshErrors.Explain("s", words ?? "", opened, _ => []).ErrorId.Length > 0).CheckSeeded();

    [Fact]
    public void Any_bytes_are_frames_or_a_clean_error() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            FrameReader reader = new(new MemoryStream(bytes));
            try
            {
                while (reader.ReadLine() is string[] words)
                {
                    reader.ReadBytes(Math.Min(FrameReader.Number(words, words.Length - 1), 100));
                }
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
                return true;
            }

            return true;
        }).CheckSeeded();

    [Fact]
    public void Frames_are_read_across_any_cuts_of_the_stream()
    {
        byte[] bytes =
        [
            .. Encoding.ASCII.GetBytes("motd\nFOOBAR abc 0 /x\nx 1 0 0 3 0\n"), 0, 10, 255, .. Encoding.ASCII.GetBytes("k 1\n"),
        ];
        for (int size = 1; size < 10; size++)
        {
            FrameReader reader = new(new Trickle(bytes, size));
            Assert.Equal("0 /x", reader.SkipTo("FOOBAR abc "));
            Assert.Equal(["x", "1", "0", "0", "3", "0"], reader.ReadLine()!);
            Assert.Equal([0, 10, 255], reader.ReadBytes(3));
            Assert.Equal(["k", "1"], reader.ReadLine()!);
            Assert.Null(reader.ReadLine());
        }
    }

    /// <summary>A stream that gives few bytes at a time, as a network does.</summary>
    private sealed class Trickle(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, size)]);
    }

    // What a shell's start-up files say there reads as what this machine's ssh says of a ProxyCommand, or of its configuration.
    [Theory]
    [InlineData("/root/.bashrc: line 22: pyenv: command not found")]
    [InlineData("/root/.bashrc: line 25: /root/.cargo/env: No such file or directory")]
    [InlineData("exec: zsh: not found")]
    [InlineData("/etc/profile: line 3: Bad number")]
    public void What_the_server_says_after_the_login_is_no_failure_of_the_way_there(string line)
    {
        const string Login = "Authenticated to 192.0.2.11 ([192.0.2.11]:22) using \"publickey\".\n";

        FoobarException error = SshErrors.Explain("web-01", $"{Login}{line}\nno shell here\n", opened: false, _ => []);

        Assert.Equal("ShellUnavailable", error.ErrorId);
        Assert.Contains("no shell here", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            "ServerUnreachable", SshErrors.Explain("web-01", "bash: line 1: nc: command not found", opened: false, _ => []).ErrorId);
    }
}
