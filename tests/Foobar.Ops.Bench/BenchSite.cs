using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Bench;

/// <summary>The site to measure on: a given one, or a lab that is raised when first asked for and removed at the end.</summary>
internal sealed class BenchSite(string? inventory) : IAsyncDisposable
{
    private RaisedLab? _lab;

    /// <summary>The path of the inventory.</summary>
    public async Task<string> InventoryAsync(CancellationToken cancel)
    {
        if (inventory is not null)
        {
            return inventory;
        }

        _lab ??= await RaisedLab.UpAsync(
            new LabOptions { Name = $"bench-{Environment.ProcessId}", Database = DatabaseFlavour.MariaDb },
            new Progress<string>(static step => Console.Error.WriteLine(step)),
            cancel);
        return _lab.Inventory;
    }

    /// <summary>The site as declared.</summary>
    public async Task<Site> SiteAsync(CancellationToken cancel) => InventoryLoader.Load(await InventoryAsync(cancel));

    public async ValueTask DisposeAsync()
    {
        if (_lab is not null)
        {
            await _lab.DownAsync(CancellationToken.None);
        }
    }
}
