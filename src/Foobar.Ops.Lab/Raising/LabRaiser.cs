using System.Net;
using Foobar.Ops.Lab.Access;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Networks;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Raising;

/// <summary>
/// Raises a lab, or repairs what is missing of one. Each step finds out what is there already, so it may be killed anywhere and run again.
/// </summary>
internal sealed class LabRaiser(IProgress<string> progress)
{
    /// <summary>Raises the lab.</summary>
    /// <exception cref="LabException">The machine can't run it, or it did not come up.</exception>
    public async Task<LabPlan> RaiseAsync(LabOptions options, CancellationToken cancel)
    {
        await HostRequirements.EnsureAsync(progress, cancel);
        using LabLock one = LabLock.Take($"lab.{options.Name}", $"The lab '{options.Name}' can't be raised");
        string image = await ImageStore.EnsureAsync(ImageFlavour.Of(options), progress, cancel);
        string? layer = await ImageStore.EnsureLayerAsync(options, image, progress, cancel);
        LabRecord record = await RecordAsync(options, image, layer, cancel);
        LabPlan plan = record.ToPlan();
        KernelLimits.Raise(progress);

        progress.Report($"Raising the lab '{options.Name}' in slot {record.Slot}");
        LabAuthority authority = LabAuthority.Open(plan.Files.Authority);
        await Task.WhenAll(WriteAccessAsync(plan, authority, cancel), LabNetwork.EnsureAsync(plan, cancel));
        await Task.WhenAll([
            new OutsideHost(plan).EnsureAsync(record.Image, cancel),
            .. plan.Servers.Select(server => StartAsync(plan, server, record, authority, cancel)),
        ]);
        progress.Report("Waiting until all services answer and replication runs");
        await new Readiness(plan).WaitAsync(cancel);
        return plan;
    }

    private static async Task<LabRecord> RecordAsync(LabOptions options, string image, string? layer, CancellationToken cancel)
    {
        if (LabRecord.Find(options.Name) is LabRecord existing)
        {
            return existing.Options == options ? existing : throw LabException.Refused(
                $"The lab '{options.Name}' stands already, of another kind: {Kind(existing.Options)}.",
                $"Remove it first (down --name {options.Name}), or raise this one under another --name.");
        }

        IReadOnlyList<IPAddress> mirrors = await DebianMirror.FindAddressesAsync(cancel);
        using LabLock slots = await LabLock.WaitAsync("slots", _ => { }, cancel);
        LabRecord record = new()
        {
            Options = options,
            Image = image,
            Layer = layer,
            Slot = Slots.Choose(LabRecord.All().Select(lab => lab.Slot), mirrors),
        };
        record.Save(LabSecrets.Create());
        return record;
    }

    private static async Task WriteAccessAsync(LabPlan plan, LabAuthority authority, CancellationToken cancel)
    {
        await File.WriteAllTextAsync(plan.Files.RootCertificate, authority.RootPem, cancel);
        await OperatorAccess.WriteAsync(plan, cancel);
        await InventoryFile.WriteAsync(plan, cancel);
    }

    private static async Task StartAsync(LabPlan plan, LabServer server, LabRecord record, LabAuthority authority, CancellationToken cancel)
    {
        Container container = new(plan.Options.Name, server);
        if (container.IsRunning)
        {
            return;
        }

        ServerFiles files = plan.Files.Server(server.Name);
        await ServerDisk.MountAsync(files, record.Layer is string layer ? [layer, record.Image] : [record.Image], cancel);
        if (!File.Exists(files.Prepared))
        {
            string operatorKey = await File.ReadAllTextAsync(plan.Files.OperatorKey + ".pub", cancel);
            string hostKey = await File.ReadAllTextAsync(files.HostKey, cancel);
            ServerFileWriter writer = new(files.Root);
            foreach (ServerFile file in ServerConfiguration.For(plan, server, authority, operatorKey, hostKey))
            {
                await writer.WriteAsync(file, cancel);
            }

            await File.WriteAllTextAsync(files.Prepared, string.Empty, cancel);
        }

        await container.BootAsync(cancel);
    }

    private static string Kind(LabOptions options) =>
        "--database "
            + $"{options.Database.ToString().ToLowerInvariant()}{(options.Suite is DebianSuite suite ? $" --suite {suite.ToString().ToLowerInvariant()}" : string.Empty)} --tls {options.Tls.ToString().ToLowerInvariant()}{(options.SemiSync ? " --semi-sync" : string.Empty)}{(options.Grown ? " --grown" : string.Empty)}{(options.Firewall != HostFirewall.Nftables ? $" --firewall {options.Firewall.ToString().ToLowerInvariant()}" : string.Empty)}{(options.Agents ? " --agents" : string.Empty)}{(options.Replicas > 1 ? $" --replicas {options.Replicas}" : string.Empty)}{(options.Cluster != ClusterVariant.None ? $" --cluster {options.Cluster.ToString().ToLowerInvariant()}" : string.Empty)}{(options.Balancers > 1 ? $" --balancers {options.Balancers}" : string.Empty)}";
}
