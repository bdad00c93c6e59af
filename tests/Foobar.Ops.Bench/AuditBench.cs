using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Foobar.Ops.Auditing;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Bench;

/// <summary>
/// A whole audit (connect, read every fact of every server, judge) beside an Ansible playbook that gathers the same from
/// the same servers, in turns. Ansible has pipelining on and keeps its connections (ControlPersist) from a first run that
/// is not counted; ours connects anew each time, and then audits once more on the same connections.
/// </summary>
internal static class AuditBench
{
    private const int Runs = 3;

    private const string PeerName = "ansible-playbook, pipelining, ControlPersist";

    // What the collectors read, one task a kind of fact. Nothing is judged.
    private const string Playbook =
        """
        - hosts: all
          gather_facts: false
          become: true
          tasks:
            - shell: systemctl list-units --all --plain --no-legend; systemctl list-unit-files --no-legend; systemctl is-system-running || true
            - shell: ss -H -lntup
            - shell: df -P -B1; df -P -i; cat /proc/mounts /proc/meminfo /proc/sys/net/ipv4/ip_local_port_range
            - shell: date +%s.%N; (chronyc -n tracking; timedatectl show) || true; uname -a; cat /etc/os-release
            - shell: sshd -T || true
            - shell: nft -j list ruleset; cat /etc/nftables.conf; ip -j address; ip -j route; sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
            - shell: (echo | openssl s_client -connect 127.0.0.1:443 -showcerts) || true
            - shell: (echo 'show info;show stat' | socat - /run/haproxy/admin.sock) || true
            - shell: (mysql -E -e 'SHOW REPLICA STATUS; SHOW GLOBAL VARIABLES; SHOW GLOBAL STATUS') || true
            - shell: curl -s http://127.0.0.1:9100/metrics | tail -n 1 || true
        """;

    /// <summary>Cold, from connecting to the last finding; and again on the session that there is.</summary>
    public static async IAsyncEnumerable<BenchResult> RunAsync(string inventory, [EnumeratorCancellation] CancellationToken cancel)
    {
        Site site = InventoryLoader.Load(inventory);
        using Workplace workplace = new(site, Playbook);
        await workplace.PlayAsync();
        List<double> cold = [];
        List<double> warm = [];
        List<double> theirs = [];
        for (int run = 0; run < Runs; run++)
        {
            await using SiteSession session = new(site);
            cold.Add(await TimeAsync(() => AuditAsync(session, cancel)));
            warm.Add(await TimeAsync(() => AuditAsync(session, cancel)));
            theirs.Add(await TimeAsync(workplace.PlayAsync));
        }

        yield return new BenchResult("audit", Median(cold), Median(theirs), PeerName, "s");
        yield return new BenchResult("audit connected", Median(warm), Median(theirs), PeerName, "s");
    }

    /// <summary>Reads and judges the whole site.</summary>
    internal static async Task AuditAsync(SiteSession session, CancellationToken cancel)
    {
        SnapshotResult result = await new LiveAudit(session).RunAsync(static _ => { }, cancel);
        if (result.Errors.Count > 0)
        {
            throw result.Errors[0];
        }
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    /// <summary>A folder with a playbook and an Ansible inventory, removed at the end.</summary>
    private sealed class Workplace : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("foobar-bench-").FullName;

        public Workplace(Site site, string playbook)
        {
            string ssh =
                $"{(site.SshConfig is { } config ? $"-F {config} " : string.Empty)}-o ControlMaster=auto -o ControlPersist=60s -o "
                    + $"ControlPath={_folder}/%C";
            StringBuilder hosts = new();
            foreach (Server server in site.Servers)
            {
                hosts.Append(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{server.Name} ansible_host={server.Ssh.Host} ansible_ssh_common_args='{ssh}'\n");
            }

            File.WriteAllText(Path.Combine(_folder, "hosts"), hosts.ToString());
            File.WriteAllText(Path.Combine(_folder, "gather.yml"), playbook);
        }

        public async Task PlayAsync()
        {
            ProcessStartInfo start = new("ansible-playbook", ["-i", Path.Combine(_folder, "hosts"), Path.Combine(_folder, "gather.yml")])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment =
                {
                    ["ANSIBLE_PIPELINING"] = "1",
                    ["ANSIBLE_SSH_ARGS"] = string.Empty,
                    ["ANSIBLE_LOCAL_TEMP"] = _folder,
                    ["LC_ALL"] = "C.UTF-8",
                },
            };
            using Process process = Process.Start(start) ?? throw new InvalidOperationException("ansible-playbook did not start.");
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"ansible-playbook ended with {process.ExitCode}: {await output}{await error}");
            }
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
