using System.Globalization;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Host;

/// <summary>
/// The one setting of this machine that labs need changed: each server's systemd and its services watch files, and the
/// kernel's usual limit on watchers (<c>fs.inotify.max_user_instances</c>, 128 a user) is used up by five labs; from then
/// on no server boots. The old value comes back when the last lab goes.
/// </summary>
internal static class KernelLimits
{
    private const string Setting = "/proc/sys/fs/inotify/max_user_instances";

    private const int Needed = 2048;

    private static string Original => Path.Combine(LabPaths.Locks, "max_user_instances");

    /// <summary>Raises the limit if it is too low.</summary>
    public static void Raise(IProgress<string> progress)
    {
        string current = File.ReadAllText(Setting).Trim();
        if (int.Parse(current, CultureInfo.InvariantCulture) < Needed)
        {
            progress.Report($"Raising fs.inotify.max_user_instances of this machine from {current} to {Needed} while a lab stands");
            Directory.CreateDirectory(LabPaths.Locks);
            File.WriteAllText(Original, current);
            File.WriteAllText(Setting, Needed.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Puts the old limit back, if it was raised.</summary>
    public static void Restore()
    {
        if (File.Exists(Original))
        {
            File.WriteAllText(Setting, File.ReadAllText(Original));
            File.Delete(Original);
        }
    }
}
