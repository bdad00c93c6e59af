using System.Diagnostics;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Servers;

/// <summary>
/// The machine beyond fw-01 that the operator probes from: an sshd in the visitor's network namespace, over the lab's own
/// image, whose root file system is in memory and in namespaces that end with it.
/// </summary>
internal sealed class OutsideHost(LabPlan plan)
{
    /// <summary>Its name, in the inventory too.</summary>
    public const string Name = "outside";

    private readonly string _lab = plan.Options.Name;
    private readonly ServerFiles _files = plan.Files.Server(Name);

    /// <summary>Starts it unless it runs, apart from this process.</summary>
    /// <param name="image">The image whose programs it has.</param>
    /// <param name="cancel">Cancels the start.</param>
    public async Task EnsureAsync(string image, CancellationToken cancel)
    {
        if (ControlGroups.IsPopulated(_lab, Name))
        {
            return;
        }

        Directory.CreateDirectory(_files.DiskMount);
        Directory.CreateDirectory(_files.Root);
        await File.WriteAllTextAsync(_files.BootScript, Script(image), cancel);
        await Tool.RunAsync("setsid", ["--fork", "/bin/sh", _files.BootScript], cancel: cancel);
    }

    /// <summary>Ends it with all that runs there.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (ControlGroups.IsPopulated(_lab, Name))
        {
            ControlGroups.Kill(_lab, Name, string.Empty);
            if (time.Elapsed > TimeSpan.FromSeconds(10))
            {
                throw LabException.Failed($"The outside vantage of the lab '{_lab}' can't be killed.");
            }

            await Task.Delay(20, cancel);
        }
    }

    private string Script(string image)
    {
        string groups = string.Join(
            '\n', ControlGroups.Directories(_lab, Name).Select(group => $"mkdir -p {group} && echo $$ > {group}/cgroup.procs"));
        return $"""
            #!/bin/sh
            exec </dev/null >>{_files.Console} 2>&1
            {groups}
            exec ip netns exec {NetworkNames.Outside(_lab)} unshare --mount --uts --ipc --pid --fork --kill-child /bin/sh -e <<'END'
            hostname {Name}
            mount -t tmpfs -o size=16m,mode=755 outside {_files.DiskMount}
            mkdir {_files.DiskMount}/upper {_files.DiskMount}/work
            mount -t overlay -o lowerdir={image},upperdir={_files.DiskMount}/upper,workdir={_files.DiskMount}/work overlay {_files.Root}
            cd {_files.Root}
            mount -t proc proc proc
            mount --rbind /dev dev
            mkdir -p run/sshd
            cp /etc/hosts etc/hosts
            install -m 600 {_files.HostKey} etc/ssh/ssh_host_ed25519_key
            install -m 644 {plan.Files.OperatorKey}.pub etc/ssh/operator_keys
            exec chroot . /usr/sbin/sshd -D -e -f /dev/null -o HostKey=/etc/ssh/ssh_host_ed25519_key -o PidFile=none -o UsePAM=no \
                -o AuthorizedKeysFile=/etc/ssh/operator_keys -o AuthenticationMethods=publickey -o AllowUsers={AccessFiles.User} -o UseDNS=no -o MaxSessions=64 -o MaxStartups=100:30:200 </dev/null
            END

            """;
    }
}
