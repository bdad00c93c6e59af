using System.Diagnostics;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Tests.Servers;

/// <summary>The settings of the sshd that runs, read by the script on a made-up /proc and /etc/ssh.</summary>
public sealed class SshdScriptTests : IDisposable
{
    private static readonly DateTime Started = new(2026, 11, 30, 12, 0, 0, DateTimeKind.Utc);

    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public SshdScriptTests()
    {
        foreach (string directory in (string[])["proc", "etc/ssh/sshd_config.d", "bin", "default"])
        {
            Directory.CreateDirectory(Path.Combine(_root, directory));
        }

        // Says what it was asked for; an option given twice counts as it does first, as in sshd.
        Write("bin/sshd", """
            #!/bin/sh
            file=plain root=no password=no
            shift
            while [ $# -gt 0 ]; do
              case "$1 $2" in
                '-f '*) file=$2 ;;
                '-o PasswordAuthentication=yes' | '-o PasswordAuthentication yes') password=yes ;;
                '-o PermitRootLogin=yes') root=yes ;;
              esac
              shift 2
            done
            [ "$file" != /other ] || password=yes
            printf 'permitrootlogin %s\npasswordauthentication %s\n' $root $password
            printf 'authenticationmethods any\nPidFile %s\n' "$PIDFILE"
            """);
        File.SetUnixFileMode(Path.Combine(_root, "bin/sshd"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Write("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n");
        Write("proc/stat", $"btime {new DateTimeOffset(Started).ToUnixTimeSeconds() - 1000}\n");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("/usr/sbin/sshd -D", false, false)]
    [InlineData("/usr/sbin/sshd -D -o PasswordAuthentication=yes -o PermitRootLogin=yes -o AllowUsers=*", true, true)]
    [InlineData("/usr/sbin/sshd -D -oPasswordAuthentication=yes", true, false)]
    [InlineData("/usr/sbin/sshd -D -o PasswordAuthentication yes -p 22", true, false)]
    [InlineData("/usr/sbin/sshd -D -p 22 -f /other", true, false)]
    public void The_options_that_the_listener_was_started_with_count(string line, bool passwords, bool root)
    {
        Listen(100, line);
        SshdSettings sshd = Read();

        Assert.Equal((passwords, root ? "yes" : "no"), (sshd.TakesPasswords, sshd.PermitRootLogin));
        Assert.DoesNotContain(sshd.Doubts, static doubt => doubt.Contains("option", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Of_two_listeners_the_looser_one_counts()
    {
        Listen(100, "/usr/sbin/sshd -D");
        Listen(200, "/usr/sbin/sshd -f /other");

        Assert.True(Read().TakesPasswords);
    }

    [Fact]
    public void Without_a_listener_the_options_of_a_socket_activated_one_count()
    {
        Write("default/ssh", "# Options to pass to sshd\nSSHD_OPTS=\"-o PasswordAuthentication=yes\"\n");

        Assert.True(Read().TakesPasswords);
    }

    [Fact]
    public void An_option_that_is_not_understood_is_a_doubt()
    {
        Listen(100, "/usr/sbin/sshd -D -Z");

        Assert.Contains(Read().Doubts, static doubt => doubt.Contains("-Z", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("any", true)]
    [InlineData("password", true)]
    [InlineData("publickey,password password", true)]
    [InlineData("\"keyboard-interactive:pam\"", true)]
    [InlineData("publickey,password publickey", false)]
    public void A_Match_block_that_lets_a_password_alone_in_is_a_doubt(string methods, bool doubt)
    {
        Listen(100, "/usr/sbin/sshd -D");
        Write("etc/ssh/sshd_config.d/10-users.conf", $"Match User backup,deploy\n  AuthenticationMethods {methods}\n");
        Running(readAfter: true);

        Assert.Equal(doubt, Read().Doubts.Any(static each => each.Contains("backup,deploy", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_Match_block_in_a_file_from_elsewhere_counts()
    {
        Listen(100, "/usr/sbin/sshd -D");
        Write("elsewhere", "Match Address 192.0.2.0/24\n  PasswordAuthentication yes\n");
        Write("etc/ssh/sshd_config", $"Include {_root}/elsewhere\n");
        Running(readAfter: true);

        Assert.Contains(Read().Doubts, static each => each.Contains("192.0.2.0/24", StringComparison.Ordinal));
    }

    /// <summary>The file of the process id is written anew by each reload; the files of this test are written just now.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_file_that_was_edited_since_it_was_read_is_a_doubt(bool readAfter, bool doubt)
    {
        Listen(100, "/usr/sbin/sshd -D");
        Running(readAfter);

        Assert.Equal(doubt, Read().Doubts.Any(static each => each.Contains("edited since sshd read it", StringComparison.Ordinal)));
    }

    private void Running(bool readAfter)
    {
        Write("sshd.pid", "100\n");
        File.SetLastWriteTimeUtc(Path.Combine(_root, "sshd.pid"), readAfter ? DateTime.UtcNow.AddSeconds(5) : Started);
    }

    private void Listen(int id, string line)
    {
        string process = $"proc/{id}";
        Directory.CreateDirectory(Path.Combine(_root, process, "ns"));
        Write($"{process}/comm", "sshd\n");
        Write($"{process}/cmdline", $"sshd: {line} [listener] 0 of 10-100 startups\0");
        Write($"{process}/stat", $"{id} (sshd) S 1 {id} {id} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100000 0\n");
        File.CreateSymbolicLink(Path.Combine(_root, process, "ns/pid"), File.ResolveLinkTarget("/proc/self/ns/pid", false)!.Name);
    }

    private void Write(string path, string text) => File.WriteAllText(Path.Combine(_root, path), text);

    private SshdSettings Read()
    {
        string script = SshdSettings.Script
            .Replace("/proc/self/", "@self/", StringComparison.Ordinal)
            .Replace("/proc/", $"{_root}/proc/", StringComparison.Ordinal)
            .Replace("@self/", "/proc/self/", StringComparison.Ordinal)
            .Replace("/etc/ssh", $"{_root}/etc/ssh", StringComparison.Ordinal)
            .Replace("/etc/default/", $"{_root}/default/", StringComparison.Ordinal);
        ProcessStartInfo start = new("sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{_root}/bin:{start.Environment["PATH"]}";
        start.Environment["PIDFILE"] = $"{_root}/sshd.pid";
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Write(script);
        shell.StandardInput.Close();
        string printed = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return SshdSettings.Parse(printed);
    }
}
