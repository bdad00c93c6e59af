using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>An sshd with an account of its own that logs in by password, by PAM too: needs root, and leaves nothing.</summary>
public sealed class PasswordSshd : IDisposable
{
    public const string Password = "s3cr3t'; $(id) \"é";

    /// <summary>The code that the second question takes: a scratch code of pam_google_authenticator, of which each counts once.</summary>
    public const string Code = "31415926";

    private static readonly string? SecondFactor = new[] { "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib" }
        .Select(folder => folder + "/security/pam_google_authenticator.so")
        .FirstOrDefault(File.Exists);

    private readonly string? _program = new[] { "/usr/sbin/sshd", "/usr/local/sbin/sshd" }.FirstOrDefault(File.Exists);
    private static int _last;
    private readonly List<Process> _servers = [];
    private readonly string? _service;

    public PasswordSshd()
    {
        if (_program is null || !OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !File.Exists("/usr/sbin/useradd"))
        {
            return;
        }

        User = string.Create(CultureInfo.InvariantCulture, $"foobar-t{Environment.ProcessId}-{Interlocked.Increment(ref _last)}");
        Folder = Directory.CreateTempSubdirectory("foobar-sshd-").FullName;
        File.SetUnixFileMode(
            Folder,
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute);
        Run("/usr/sbin/useradd", "--create-home", "--home-dir", At("home"), "--shell", "/bin/sh", User);
        Run("/bin/sh", "-c", "printf '%s:%s\\n' \"$1\" \"$2\" | /usr/sbin/chpasswd", "sh", User, Password);
        foreach (string key in new[] { "host", "id", "ca", "authority" })
        {
            MakeKey(key, "");
        }

        MakeKey("locked", Password);
        File.WriteAllText(At("authorized_keys"), File.ReadAllText(At("id.pub")) + File.ReadAllText(At("locked.pub")));

        // The service that sshd asks of PAM is called as the program is.
        _service = $"sshd-{User}";
        File.Copy(_program, At(_service));
        if (SecondFactor is not null)
        {
            File.WriteAllText(
                $"/etc/pam.d/{_service}",
                $"auth required pam_unix.so\nauth required {SecondFactor} secret={At("factor")} user=root allowed_perm=0600\n"
                    + "account required pam_permit.so\nsession required pam_permit.so\n");
            File.WriteAllText(At("factor"), $"JBSWY3DPEHPK3PXP\n\" TOTP_AUTH\n{Code}\n{Code}\n{Code}\n");
            File.SetUnixFileMode(At("factor"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Directory.CreateDirectory("/run/sshd");
    }

    public string User { get; } = "";

    public string Folder { get; } = "";

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Ends the test as skipped where no such sshd can run.</summary>
    public PasswordSshd Needed()
    {
        Assert.SkipWhen(Folder.Length == 0, "An sshd with an account of its own needs root and the packages openssh-server and passwd.");
        return this;
    }

    /// <summary>Ends the test as skipped where no second factor can be asked for.</summary>
    public PasswordSshd NeededWithCodes()
    {
        Assert.SkipWhen(SecondFactor is null, "A second factor needs the package libpam-google-authenticator.");
        return Needed();
    }

    /// <summary>Starts an sshd, and gives its port.</summary>
    /// <param name="pam">Whether it asks PAM, which puts questions.</param>
    /// <param name="settings">Lines of sshd_config.</param>
    public int Start(bool pam, params string[] settings)
    {
        int port = LocalSshd.FreePort();
        string config = At($"sshd_config_{port}");
        File.WriteAllLines(
            config,
            [
                .. settings,
                $"HostKey {At("host")}",
                "ListenAddress 127.0.0.1",
                $"Port {port}",
                $"AuthorizedKeysFile {At("authorized_keys")}",
                "PidFile none",
                "StrictModes no",
                $"UsePAM {(pam ? "yes" : "no")}",
                "MaxSessions 100",
                $"KbdInteractiveAuthentication {(pam ? "yes" : "no")}",
            ]);
        Process server = Process.Start(new ProcessStartInfo(
            pam ? At(_service!) : _program!, ["-D", "-e", "-f", config]) { RedirectStandardError = true })!;
        server.ErrorDataReceived += static (_, _) => { };
        server.BeginErrorReadLine();
        _servers.Add(server);
        LocalSshd.WaitForPort(port, server);
        return port;
    }

    /// <summary>The sshd that was started last.</summary>
    public Process Last => _servers[^1];

    /// <summary>A site with one server at a port, reached by an inventory's or an ssh_config's settings.</summary>
    public Site Site(int port, string more = "", string? identity = null, string? knownHosts = null)
    {
        string config = At($"config-{Guid.NewGuid():N}");
        File.WriteAllText(
            config,
            $"{more}\nHost *\n  HostName 127.0.0.1\n  Port {port}\n  UserKnownHostsFile {knownHosts ?? KnownHosts(port)}\n  "
                + $"GlobalKnownHostsFile none\n  IdentityFile {(identity is null ? "none" : At(identity))}\n  IdentitiesOnly yes\n"
                + "  IdentityAgent none\n");
        return new Site
        {
            Name = "www.foobar.com",
            SshConfig = config,
            Policy = new Policy(),
            Servers = [new Server { Name = "web-01", Roles = [Role.Web], Ssh = new SshEndpoint { Host = "web-01" } }],
        };
    }

    /// <summary>A known_hosts file of a line for the host at a port.</summary>
    public string KnownHosts(int port, string marker = "", string key = "host", string hosts = "")
    {
        string path = At($"known-{Guid.NewGuid():N}");
        string[] words = File.ReadAllText(At(key + ".pub")).Split(' ');
        File.WriteAllText(path, $"{marker}{(hosts.Length > 0 ? hosts : $"[127.0.0.1]:{port}")} {words[0]} {words[1]}\n");
        return path;
    }

    public SessionOptions Login(string? password = null) => new()
    {
        ConnectTimeLimit = TimeSpan.FromSeconds(60),
        Ssh = new SshLogin(User, new Secret(password ?? Password)),
    };

    public static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string words = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {words}");
    }

    public void Dispose()
    {
        foreach (Process server in _servers)
        {
            if (!server.HasExited)
            {
                server.Kill();
            }

            server.WaitForExit();
            server.Dispose();
        }

        if (Folder.Length > 0)
        {
            using Process process = Process.Start(new ProcessStartInfo(
                "/usr/sbin/userdel", ["--force", User]) { RedirectStandardError = true })!;
            process.WaitForExit();
            File.Delete($"/etc/pam.d/{_service}");
            Directory.Delete(Folder, recursive: true);
        }
    }

    private void MakeKey(string name, string passphrase) =>
        Run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", At(name));
}
