using System.Globalization;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Access;

/// <summary>What the operator needs to get in: a key, the servers' host keys, an OpenSSH client configuration.</summary>
internal static class OperatorAccess
{
    /// <summary>Makes the keys that are missing and writes the configuration.</summary>
    public static async Task WriteAsync(LabPlan plan, CancellationToken cancel)
    {
        LabFiles files = plan.Files;
        await Task.WhenAll([
            EnsureKeyAsync(files.OperatorKey, $"operator@{plan.Options.Name}", cancel),
            .. plan.Servers.Select(static server => server.Name)
                .Append(OutsideHost.Name)
                .Select(machine => EnsureKeyAsync(files.Server(machine).HostKey, machine, cancel)),
        ]);
        await File.WriteAllTextAsync(
            files.KnownHosts, KnownHosts(plan, machine => File.ReadAllText(files.Server(machine).HostKey + ".pub")), cancel);
        await File.WriteAllTextAsync(files.SshConfig, SshConfig(plan), cancel);
        await GiveToCallerAsync([files.OperatorKey, files.KnownHosts, files.SshConfig], cancel);
    }

    /// <summary>The text of the <c>ssh_config</c>.</summary>
    public static string SshConfig(LabPlan plan) => $"""
        # The lab '{plan.Options.Name}'. Use: ssh -F {plan.Files.SshConfig} lb-01
        Host fw-01
            HostName {plan.Addresses.FirewallOutside.V4}
        {Balancers(plan)}{Inside(plan)}Host {OutsideHost.Name}
            HostName {plan.Addresses.Visitor.V4}
        Host {string.Join(' ', plan.Servers.Select(static server => server.Name))} {OutsideHost.Name}
            User {AccessFiles.User}
            IdentityFile {plan.Files.OperatorKey}
            IdentitiesOnly yes
            UserKnownHostsFile {plan.Files.KnownHosts}
            GlobalKnownHostsFile none
            StrictHostKeyChecking yes

        """;

    private static string Balancers(LabPlan plan) =>
        string.Concat(plan.Balancers.Select(static server => $"Host {server.Name}\n    HostName {server.On(LabNetworkName.Public).V4}\n"));

    // Behind lb-01.
    private static string Inside(LabPlan plan) =>
        string.Concat(
            plan.Members.Select(static server => $"Host {server.Name}\n    HostName {server.Links[0].V4}\n    ProxyJump lb-01\n"));

    private static string KnownHosts(LabPlan plan, Func<string, string> publicKey) => string.Concat(
        from machine in plan.Servers.Select(static server => (server.Name, server.Links))
            .Append((OutsideHost.Name, [plan.Addresses.Visitor]))
        let key = string.Join(' ', publicKey(machine.Name).Split(' ')[..2])
        let names = string.Join(
            ',', machine.Links.SelectMany(link => new[] { link.V4.ToString(), link.V6.ToString() }).Prepend(machine.Name))
        select $"{names} {key.Trim()}\n");

    private static async Task EnsureKeyAsync(string path, string comment, CancellationToken cancel)
    {
        if (!File.Exists(path + ".pub"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Delete(path);
            await Tool.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", string.Empty, "-C", comment, "-f", path], cancel: cancel);
        }
    }

    /// <summary>Under sudo, the files are the caller's: OpenSSH refuses a private key that others own or can read.</summary>
    private static async Task GiveToCallerAsync(string[] paths, CancellationToken cancel)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("SUDO_UID"), NumberStyles.None, CultureInfo.InvariantCulture, out int user))
        {
            await Tool.RunAsync("chown", [user.ToString(CultureInfo.InvariantCulture), .. paths], cancel: cancel);
        }
    }
}
