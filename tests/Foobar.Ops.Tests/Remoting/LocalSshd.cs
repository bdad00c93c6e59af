using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>A real sshd on a loopback port, with keys of its own, and the operator's side for it: keys, known_hosts, ssh_config.</summary>
public sealed class LocalSshd : IDisposable
{
    private static int _nextPort = 20000 + Random.Shared.Next(10000);

    private readonly string? _obstacle;
    private readonly Process? _process;

    public LocalSshd()
    {
        _obstacle = Needs.FindObstacle("sshd", "ssh", "ssh-keygen");
        Program = new[] { "/usr/sbin/sshd", "/usr/local/sbin/sshd" }.FirstOrDefault(File.Exists);
        if (Program is null || OperatingSystem.IsWindows())
        {
            return;
        }

        Folder = Directory.CreateTempSubdirectory("foobar-sshd-").FullName;
        MakeKey("host");
        MakeKey("other");
        MakeKey("id");
        File.Copy(At("id.pub"), At("authorized_keys"));
        Port = FreePort();
        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory("/run/sshd");
        }

        File.WriteAllText(
            At("sshd_config"),
            $"HostKey {At("host")}\nListenAddress 127.0.0.1\nPort {Port}\nAuthorizedKeysFile {At("authorized_keys")}\nPidFile none\n"
                + "StrictModes no\nUsePAM no\nMaxStartups 100\nMaxSessions 100\nPasswordAuthentication no\n"
                + "KbdInteractiveAuthentication no\n");
        KnownHosts = WriteKnownHosts("known_hosts", "", "host");
        _process = Process.Start(new ProcessStartInfo(Program, ["-D", "-e", "-f", At("sshd_config")]) { RedirectStandardError = true })!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        WaitForPort(Port, _process);
    }

    public string? Program { get; }

    public string Folder { get; } = "";

    public int Port { get; }

    public string KnownHosts { get; } = "";

    public string At(string name) => Path.Combine(Folder, name);

    /// <summary>Ends the test as skipped where no sshd can run.</summary>
    public LocalSshd Needed()
    {
        Assert.SkipWhen(_process is null or { HasExited: true }, _obstacle ?? "No sshd can be started on this machine.");
        return this;
    }

    /// <summary>Writes a known_hosts file with one line for this sshd's address.</summary>
    public string WriteKnownHosts(string name, string marker, string key)
    {
        string[] words = File.ReadAllText(At(key + ".pub")).Split(' ');
        File.WriteAllText(At(name), $"# a comment\n{marker}[127.0.0.1]:{Port} {words[0]} {words[1]}\n");
        return At(name);
    }

    /// <summary>A site with one server at this sshd; <paramref name="more"/> stands first in its ssh_config.</summary>
    public Site Site(
        string? knownHosts = null,
        string identity = "id",
        string host = "127.0.0.1",
        int? port = null,
        string more = "",
        params string[] names)
    {
        string config = At($"config-{Guid.NewGuid():N}");
        File.WriteAllText(
            config,
            $"{more}\nHost *\n  HostName {host}\n  Port {port ?? Port}\n  UserKnownHostsFile {knownHosts ?? KnownHosts}\n  "
                + $"GlobalKnownHostsFile none\n  IdentityFile {At(identity)}\n  IdentitiesOnly yes\n  IdentityAgent none\n");
        return new Site
        {
            Name = "www.foobar.com",
            SshConfig = config,
            Policy = new Policy(),
            Servers =
            [
                .. (names.Length > 0 ? names : ["web-01"])
                    .Select(name => new Server { Name = name, Roles = [Role.Web], Ssh = new SshEndpoint { Host = name } }),
            ],
        };
    }

    public string Fingerprint(string key)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "ssh-keygen", ["-lf", At(key + ".pub")]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Split(' ')[1];
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>
    /// A port that nobody listens at. It lies below the range that the kernel gives to clients (ip(7), ip_local_port_range), and
    /// is given once, so it is still free when a server takes it.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _nextPort);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one.
            }
        }
    }

    private void MakeKey(string name)
    {
        using Process process = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", At(name)]);
        process.WaitForExit();
    }

    /// <summary>Waits until somebody listens at a port of this machine.</summary>
    public static void WaitForPort(int port, Process server)
    {
        for (int attempt = 0; attempt < 500 && !server.HasExited; attempt++)
        {
            try
            {
                using TcpClient client = new("127.0.0.1", port);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(20);
            }
        }
    }
}
