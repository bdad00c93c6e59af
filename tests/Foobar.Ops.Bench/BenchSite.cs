using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Bench;

/// <summary>The site to measure on: a given one, or a lab that is raised when first asked for and removed at the end.</summary>
internal sealed class BenchSite(string? inventory) : IAsyncDisposable
{
    private readonly Dictionary<DatabaseFlavour, RaisedLab> _labs = [];

    /// <summary>The path of the inventory.</summary>
    public async Task<string> InventoryAsync(CancellationToken cancel)
    {
        if (inventory is not null)
        {
            return inventory;
        }

        return (await LabAsync(DatabaseFlavour.MariaDb, cancel)).Inventory;
    }

    /// <summary>A lab of a flavour, raised when first asked for, whatever site was given.</summary>
    public async Task<RaisedLab> LabAsync(DatabaseFlavour flavour, CancellationToken cancel)
    {
        if (!_labs.TryGetValue(flavour, out RaisedLab? lab))
        {
            _labs[flavour] = lab = await RaisedLab.UpAsync(
                new LabOptions { Name = $"bench-{Environment.ProcessId}-{flavour}".ToLowerInvariant(), Database = flavour },
                new Progress<string>(static step => Console.Error.WriteLine(step)),
                cancel);
        }

        return lab;
    }

    /// <summary>The site as declared.</summary>
    public async Task<Site> SiteAsync(CancellationToken cancel) => InventoryLoader.Load(await InventoryAsync(cancel));

    public async ValueTask DisposeAsync()
    {
        foreach (RaisedLab lab in _labs.Values)
        {
            await lab.DownAsync(CancellationToken.None);
        }
    }
}
