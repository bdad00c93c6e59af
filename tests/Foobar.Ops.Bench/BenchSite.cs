using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Bench;

/// <summary>The site to measure on: a given one, or a lab that is raised when first asked for and removed at the end.</summary>
internal sealed class BenchSite(string? inventory) : IAsyncDisposable
{
    private readonly Dictionary<(DatabaseFlavour Flavour, int Replicas), RaisedLab> _labs = [];

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
    /// <param name="flavour">Its databases.</param>
    /// <param name="cancel">Cancels.</param>
    /// <param name="replicas">How many replicas its primary has.</param>
    public async Task<RaisedLab> LabAsync(DatabaseFlavour flavour, CancellationToken cancel, int replicas = 1)
    {
        if (!_labs.TryGetValue((flavour, replicas), out RaisedLab? lab))
        {
            _labs[(flavour, replicas)] = lab = await RaisedLab.UpAsync(
                new LabOptions
                {
                    Name = $"bench-{Environment.ProcessId}-{flavour}-{replicas}".ToLowerInvariant(),
                    Database = flavour,
                    Replicas = replicas,
                },
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
