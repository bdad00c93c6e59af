using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Servers;

/// <summary>
/// A server's disk: a sparse file with a file system of a fixed size, laid over the base image. So a server's disk can
/// be filled without filling this machine's, and its fill level does not depend on this machine's.
/// </summary>
internal static class ServerDisk
{
    private const long SizeBytes = 4L << 30;

    /// <summary>Few enough to be used up in a second or two, and many more than a server needs.</summary>
    private const string Inodes = "32768";

    /// <summary>Mounts the server's root file system; a disk that was not wholly prepared is made anew.</summary>
    /// <param name="server">The server's files.</param>
    /// <param name="images">The directories it is laid over, the uppermost first.</param>
    /// <param name="cancel">Cancels the mount.</param>
    public static async Task MountAsync(ServerFiles server, IReadOnlyList<string> images, CancellationToken cancel)
    {
        if (!File.Exists(server.Prepared))
        {
            await UnmountAsync(server, cancel);
            Directory.CreateDirectory(server.DiskMount);
            Directory.CreateDirectory(server.Root);
            await MakeAsync(server.Disk, cancel);
        }

        IReadOnlyList<MountEntry> mounts = MountTable.Read();
        if (!mounts.Any(mount => mount.Point == server.DiskMount))
        {
            // Without barriers: what a server wrote is in this machine's memory and survives a "power cut" of the server
            // (its processes are killed), so flushing it to the real disk at each commit would only cost time.
            await Tool.RunAsync("mount", ["-o", "loop,nobarrier", server.Disk, server.DiskMount], cancel: cancel);
        }

        if (!mounts.Any(mount => mount.Point == server.Root))
        {
            string upper = Path.Combine(server.DiskMount, "upper");
            string work = Path.Combine(server.DiskMount, "work");
            Directory.CreateDirectory(upper);
            Directory.CreateDirectory(work);
            await Tool.RunAsync(
                "mount", [
                    "-t", "overlay", "-o", $"lowerdir={string.Join(':', images)},upperdir={upper},workdir={work}", "overlay", server.Root,
                ], cancel: cancel);
        }
    }

    /// <summary>Unmounts what is mounted of a server.</summary>
    public static async Task UnmountAsync(ServerFiles server, CancellationToken cancel)
    {
        await MountTable.UnmountAsync(server.Root, cancel);
        await MountTable.UnmountAsync(server.DiskMount, cancel);
    }

    private static async Task MakeAsync(string path, CancellationToken cancel)
    {
        File.Delete(path);
        await using (FileStream file = File.Create(path))
        {
            file.SetLength(SizeBytes);
        }

        await Tool.RunAsync(
            "mkfs.ext4", ["-q", "-m", "0", "-N", Inodes, "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", path], cancel: cancel);
    }
}
