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
            await BuildAsync(flavour, image, progress, cancel);
            await RemoveOthersAsync(flavour, image, cancel);
        }

        return image;
    }

    /// <summary>Removes all images.</summary>
    /// <exception cref="LabException">A lab still stands on one.</exception>
    public static void RemoveAll()
    {
        if (LabRecord.All() is [LabRecord lab, ..])
        {
            throw LabException.Refused($"The images are not removed: the lab '{lab.Options.Name}' stands on one.", "Remove that lab first (down --name).");
        }

        MountTable.DeleteTree(LabPaths.Images);
    }

    private static async Task BuildAsync(ImageFlavour flavour, string image, IProgress<string> progress, CancellationToken cancel)
    {
        string mirror = await DebianMirror.FindAsync(cancel);
        await DebianMirror.CheckAsync(mirror, flavour.Suite, cancel);
        progress.Report($"Building the {flavour.Name} image ({flavour.Suite}) from {mirror}; this happens once and takes a few minutes");
        Stopwatch time = Stopwatch.StartNew();
        string unfinished = Path.Combine(LabPaths.Images, $"unfinished-{flavour.Name}");
        MountTable.DeleteTree(unfinished);
        Directory.CreateDirectory(unfinished);
        string root = Path.Combine(unfinished, "root");
        await ImageBuilder.BuildAsync(flavour, root, mirror, Path.Combine(unfinished, "build.log"), cancel);
        Directory.Move(root, image);
        Directory.Delete(unfinished, recursive: true);
        progress.Report($"Built {flavour.ImageName} in {time.Elapsed.TotalSeconds:0} s");
    }

    /// <summary>Removes images of older recipes that no lab stands on; in the background, since nobody waits for that.</summary>
    private static async Task RemoveOthersAsync(ImageFlavour flavour, string image, CancellationToken cancel)
    {
        HashSet<string> used = [image, .. LabRecord.All().Select(lab => lab.Image)];
        foreach (string other in Directory.GetDirectories(LabPaths.Images).Where(other => flavour.HasMade(Path.GetFileName(other)) && !used.Contains(other)))
        {
            await Tool.RunAsync("setsid", ["--fork", "rm", "--recursive", "--force", "--one-file-system", other], cancel: cancel);
        }
    }
}
