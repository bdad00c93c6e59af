using System.Diagnostics;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Servers;

/// <summary>A running server: booted, entered, killed.</summary>
internal sealed class Container(string lab, LabServer server)
{
    /// <summary>
    /// What <c>systemd-nspawn</c> takes from a container, and a command that enters one must not bring along: else it could set this
    /// machine's clock.
    /// </summary>
    private const string Withheld =
        "-sys_module,-sys_rawio,-sys_pacct,-sys_time,-mac_override,-mac_admin,-syslog,-wake_alarm,-block_suspend,-perfmon,-bpf,-checkpoint_restore";

    private readonly ServerFiles _files = LabFiles.Of(lab).Server(server.Name);

    // Through it systemd-nspawn passes mounts into a container that runs; it removes it at its end.
    private string Propagated => $"/run/systemd/nspawn/propagate/{lab}-{server.Name}";

    /// <summary>The server.</summary>
    public LabServer Server => server;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => ControlGroups.IsPopulated(lab, server.Name);

    /// <summary>Starts it, apart from this process: it goes on when this one ends.</summary>
    public async Task BootAsync(CancellationToken cancel)
    {
        await File.WriteAllTextAsync(_files.BootScript, BootScript.For(lab, server, _files), cancel);
        await Tool.RunAsync("setsid", ["--fork", "/bin/sh", _files.BootScript], cancel: cancel);
    }

    /// <summary>Kills it at once, as a power cut does (but for the cables: cut those first if nothing more must leave it).</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        // The container first: its supervisor then cleans up after itself and ends.
        ControlGroups.Kill(lab, server.Name, "payload");
        Stopwatch time = Stopwatch.StartNew();
        while (IsRunning)
        {
            if (time.Elapsed > TimeSpan.FromSeconds(2))
            {
                ControlGroups.Kill(lab, server.Name, string.Empty);
            }

            if (time.Elapsed > TimeSpan.FromSeconds(10))
            {
                throw LabException.Failed($"{server.Name} of the lab '{lab}' can't be killed.");
            }

            await Task.Delay(20, cancel);
        }

        ControlGroups.Remove(lab, server.Name);
        if (Directory.Exists(Propagated))
        {
            // A supervisor that had to be killed too has not removed it.
            Directory.Delete(Propagated, recursive: true);
        }
    }

    /// <summary>The process id of its init as this machine sees it, or <see langword="null"/> while it has none.</summary>
    public int? FindInit() => ControlGroups.Processes(lab, server.Name, "payload/init.scope")
        .Where(IsInit)
        .Select(process => (int?)process)
        .FirstOrDefault();

    /// <summary>Runs a shell command on it as root, by entering its namespaces: this works when its network and sshd don't.</summary>
    /// <exception cref="LabException">It does not run.</exception>
    public Task<ToolResult> ExecuteAsync(
        string command, string? input = null, TimeSpan? limit = null, CancellationToken cancel = default) =>
        Tool.TryAsync("nsenter", Enter(command), input, limit, cancel);

    /// <summary>The arguments for <c>nsenter</c> that run a shell command on it as root.</summary>
    /// <exception cref="LabException">It does not run.</exception>
    public string[] Enter(string command)
    {
        int init = FindInit() ?? throw LabException.Refused($"{server.Name} does not run.", $"Run 'up --name {lab}' to repair the lab.");
        return
        [
            "--target", init.ToString(System.Globalization.CultureInfo.InvariantCulture), "--mount", "--uts", "--ipc", "--net", "--pid",
            "env", "--ignore-environment", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
            "LANG=C.UTF-8", "TERM=dumb",
            "setpriv", $"--bounding-set={Withheld}", "sh", "-c", command,
        ];
    }

    /// <summary>The last lines it wrote on its console.</summary>
    public string LastWords() => File.Exists(_files.Console) ? string.Join(" | ", File.ReadLines(_files.Console).TakeLast(3)) : "nothing";

    private static bool IsInit(int process)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/status").First(one => one.StartsWith("NSpid:", StringComparison.Ordinal));
            return line.Split('\t')[^1] == "1";
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return false;
        }
    }
}
