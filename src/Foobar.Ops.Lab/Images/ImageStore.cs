using System.Diagnostics;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Images;

/// <summary>The base images: built once, kept, and never changed once they have their name.</summary>
internal static class ImageStore
{
    /// <summary>The directory of a flavour's image, built if it is not there.</summary>
    public static async Task<string> EnsureAsync(ImageFlavour flavour, IProgress<string> progress, CancellationToken cancel)
    {
        string image = Path.Combine(LabPaths.Images, flavour.ImageName);
        if (Directory.Exists(image))
        {
            return image;
        }

        using LabLock building = await LabLock.WaitAsync(
            $"image.{flavour.Name}", holder => progress.Report($"Waiting for the image that another process ({holder}) builds"), cancel);
        if (!Directory.Exists(image))
        {
            await BuildAsync(
                image, $"{flavour.Name} image", flavour.Suite, progress,
                (root, mirror, log) => ImageBuilder.BuildAsync(flavour, root, mirror, log, cancel), cancel);
            await RemoveUnusedAsync(other => other != image && flavour.HasMade(Path.GetFileName(other)), cancel);
        }

        return image;
    }

    /// <summary>
    /// The directory of a kind of lab's layer over its image, built if it is not there; <see langword="null"/> if it needs none.
    /// </summary>
    public static async Task<string?> EnsureLayerAsync(LabOptions kind, string image, IProgress<string> progress, CancellationToken cancel)
    {
        if (ImageLayer.Of(kind) is not ImageLayer layer)
        {
            return null;
        }

        string imageName = Path.GetFileName(image);
        string directory = Path.Combine(LabPaths.Images, layer.NameOver(imageName));
        if (Directory.Exists(directory))
        {
            return directory;
        }

        ImageFlavour flavour = ImageFlavour.Of(kind);
        using LabLock building = await LabLock.WaitAsync(
            $"layer.{flavour.Name}.{layer.Name}", holder =>
                progress.Report($"Waiting for the layer that another process ({holder}) builds"), cancel);
        if (!Directory.Exists(directory))
        {
            await BuildAsync(
                directory, $"{layer.Name} layer of {flavour.Name}", flavour.Suite, progress,
                (root, mirror, log) => ImageBuilder.BuildAsync(layer, image, flavour.Suite, root, mirror, log, cancel), cancel);
            await RemoveUnusedAsync(other => other != directory && layer.HasMade(imageName, Path.GetFileName(other)), cancel);
        }

        return directory;
    }

    /// <summary>Removes all images.</summary>
    /// <exception cref="LabException">A lab still stands on one.</exception>
    public static void RemoveAll()
    {
        if (LabRecord.All() is [LabRecord lab, ..])
        {
            throw LabException.Refused(
                $"The images are not removed: the lab '{lab.Options.Name}' stands on one.", "Remove that lab first (down --name).");
        }

        MountTable.DeleteTree(LabPaths.Images);
    }

    private static async Task BuildAsync(
        string directory,
        string name,
        string suite,
        IProgress<string> progress,
        Func<string, string, string, Task> build,
        CancellationToken cancel)
    {
        string mirror = await DebianMirror.FindAsync(cancel);
        await DebianMirror.CheckAsync(mirror, suite, cancel);
        progress.Report($"Building the {name} ({suite}) from {mirror}; this happens once and takes a few minutes at most");
        Stopwatch time = Stopwatch.StartNew();
        string unfinished = Path.Combine(LabPaths.Images, $"unfinished-{name.Replace(' ', '-')}");
        MountTable.DeleteTree(unfinished);
        Directory.CreateDirectory(unfinished);
        string root = Path.Combine(unfinished, "root");
        await build(root, mirror, Path.Combine(unfinished, "build.log"));
        Directory.Move(root, directory);
        Directory.Delete(unfinished, recursive: true);
        progress.Report($"Built {Path.GetFileName(directory)} in {time.Elapsed.TotalSeconds:0} s");
    }

    /// <summary>
    /// Removes images or layers of older recipes that no lab stands on, with the layers over them; in the background, since nobody waits
    /// for that.
    /// </summary>
    private static async Task RemoveUnusedAsync(Func<string, bool> isOld, CancellationToken cancel)
    {
        HashSet<string?> used = [.. LabRecord.All().SelectMany(lab => (string?[])[lab.Image, lab.Layer])];
        string[] all = Directory.GetDirectories(LabPaths.Images);
        string[] old = [.. all.Where(one => isOld(one) && !used.Contains(one))];
        IEnumerable<string> over = all.Where(
            one => Array.Exists(old, image => ImageLayer.IsOver(Path.GetFileName(image), Path.GetFileName(one))));
        foreach (string other in old.Concat(over).Distinct())
        {
            await Tool.RunAsync("setsid", ["--fork", "rm", "--recursive", "--force", "--one-file-system", other], cancel: cancel);
        }
    }
}
