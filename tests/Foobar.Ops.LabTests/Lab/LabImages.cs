using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Images;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// The images of the labs, built once a run if this machine has none yet: the two that most labs need side by side, then the one of
/// the newer Debian and the layers, while tests run. A lab that needs one of those waits for it.
/// </summary>
internal static class LabImages
{
    private static readonly LabOptions MariaDb = new() { Database = DatabaseFlavour.MariaDb };

    private static readonly Lazy<Task> Common = new(static () => Task.WhenAll(
        PrepareAsync(MariaDb), PrepareAsync(new LabOptions { Database = DatabaseFlavour.MySql })));

    private static readonly Lazy<Task> All = new(PrepareAllAsync);

    /// <summary>What an image that is built says.</summary>
    public static Progress<string> Said { get; } = new(static step => TestContext.Current.SendDiagnosticMessage(step));

    /// <summary>Begins to build what is missing; ends when most labs can be raised.</summary>
    public static Task ReadyAsync()
    {
        _ = All.Value;
        return Common.Value;
    }

    /// <summary>Ends when nothing is built any more.</summary>
    public static Task EndAsync() => All.IsValueCreated ? All.Value : Task.CompletedTask;

    private static async Task PrepareAllAsync()
    {
        await Common.Value;
        await PrepareAsync(MariaDb with { Suite = DebianSuite.Trixie });
        foreach (LabOptions layered in (LabOptions[])
        [
            MariaDb with { Agents = true },
            MariaDb with { Firewall = HostFirewall.Firewalld },
            MariaDb with { Firewall = HostFirewall.Ufw },
            MariaDb with { Balancers = 2 },
        ])
        {
            await PrepareAsync(layered);
        }
    }

    private static async Task PrepareAsync(LabOptions kind)
    {
        try
        {
            await HostRequirements.EnsureAsync(Said, CancellationToken.None);
            string image = await ImageStore.EnsureAsync(ImageFlavour.Of(kind), Said, CancellationToken.None);
            await ImageStore.EnsureLayerAsync(kind, image, Said, CancellationToken.None);
        }
        catch (LabException)
        {
            // Raising a lab on it meets the same obstacle, and tells it.
        }
    }
}

/// <summary>The tests of a collection run when the images of most labs are there.</summary>
internal sealed class NeedsLabImagesAttribute : CollectionPreparationAttribute
{
    /// <inheritdoc/>
    public override Task PrepareAsync() => LabImages.ReadyAsync();
}
