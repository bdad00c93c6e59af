namespace Foobar.Ops.Lab.Host;

/// <summary>
/// Each server has a control group of its own, so that the systemd instances of several servers never meet in one, and
/// a server can be ended (or found alive) as a whole. Where the machine also has systemd's own version 1 hierarchy
/// mounted, the group exists there too, since <c>systemd-nspawn</c> looks for its place there.
/// </summary>
internal static class ControlGroups
{
    private static readonly string? Unified = Mount("cgroup2", _ => true);

    private static readonly string? Named = Mount("cgroup", options => options.Split(',').Contains("name=systemd"));

    /// <summary>Why groups can't be made here, or <see langword="null"/>.</summary>
    public static LabException? FindObstacle() => Unified is not null ? null : LabException.Refused(
        "No cgroup2 file system is mounted on this machine.", "Mount one: mount -t cgroup2 none /sys/fs/cgroup/unified");

    /// <summary>The directories of a lab's group, or of one server's, in all hierarchies; the unified one first.</summary>
    public static IReadOnlyList<string> Directories(string lab, string? server = null) =>
        [
            .. new[] { Unified, Named }
                .OfType<string>()
                .Select(root => Path.Combine(root, "foobar-lab", lab, server ?? string.Empty).TrimEnd('/')),
        ];

    /// <summary>The processes of a server's container, by their ids on this machine.</summary>
    public static IReadOnlyList<int> Processes(string lab, string server, string part)
    {
        string file = Path.Combine(Directories(lab, server)[0], part, "cgroup.procs");
        try
        {
            return [.. File.ReadLines(file).Select(int.Parse)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Whether any process of a server lives, its supervisor included.</summary>
    public static bool IsPopulated(string lab, string server)
    {
        string file = Path.Combine(Directories(lab, server)[0], "cgroup.events");
        try
        {
            return File.ReadLines(file).Contains("populated 1");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Kills all processes of a part of a server's group at once.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="server">The server.</param>
    /// <param name="part"><c>payload</c> for what runs inside the container, empty for all with the supervisor.</param>
    public static void Kill(string lab, string server, string part)
    {
        string file = Path.Combine(Directories(lab, server)[0], part, "cgroup.kill");
        if (File.Exists(file))
        {
            File.WriteAllText(file, "1");
        }
    }

    /// <summary>Whether any lab of this machine has groups.</summary>
    public static bool AnyLab => Unified is not null && Directory.Exists(Path.Combine(Unified, "foobar-lab"));

    /// <summary>Removes a lab's groups, which must be empty, and the common parent if this was the last lab.</summary>
    public static void Remove(string lab)
    {
        foreach (string directory in Directories(lab))
        {
            RemoveTree(directory);
            string parent = Path.GetDirectoryName(directory)!;
            if (Directory.Exists(parent) && !Directory.EnumerateDirectories(parent).Any())
            {
                Directory.Delete(parent);
            }
        }
    }

    /// <summary>
    /// Removes a server's groups, which must be empty. A group remembers that it was killed, and the kernel (since 6.14) kills
    /// what is forked from one that was into one that was not: what systemd starts after the next boot in what is left.
    /// </summary>
    public static void Remove(string lab, string server)
    {
        foreach (string directory in Directories(lab, server))
        {
            RemoveTree(directory);
        }
    }

    private static void RemoveTree(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (string child in Directory.GetDirectories(directory))
        {
            RemoveTree(child);
        }

        // The kernel holds a group for as long as the last of its processes, killed already, takes to go.
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                Directory.Delete(directory);
                return;
            }
            catch (IOException) when (attempt < 100 && Directory.Exists(directory))
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(50));
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
        }
    }

    private static string? Mount(string type, Func<string, bool> options) =>
        MountTable.Read().Where(mount => mount.Type == type && options(mount.SuperOptions)).Select(mount => mount.Point).FirstOrDefault();
}
