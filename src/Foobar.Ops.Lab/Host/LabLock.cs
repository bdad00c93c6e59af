using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Host;

/// <summary>A lock between processes of this machine; it ends with the process that holds it, however that ends.</summary>
internal sealed class LabLock : IDisposable
{
    private readonly FileStream _file;

    private LabLock(FileStream file) => _file = file;

    /// <summary>Takes a lock, or fails at once if another process has it.</summary>
    /// <exception cref="LabException">Another process has it.</exception>
    public static LabLock Take(string name, string what) => TryTake(name) ?? throw LabException.Refused(
        $"{what}: another process ({Holder(name)}) is at it.", "Wait until it has ended, then run the command again.");

    /// <summary>Takes a lock as soon as it is free.</summary>
    public static async Task<LabLock> WaitAsync(string name, Action<string> waiting, CancellationToken cancel)
    {
        bool told = false;
        LabLock? taken;
        while ((taken = TryTake(name)) is null)
        {
            if (!told)
            {
                waiting(Holder(name));
                told = true;
            }

            await Task.Delay(200, cancel);
        }

        return taken;
    }

    /// <summary>Lets go, and removes the lock's file.</summary>
    public void Dispose()
    {
        File.Delete(_file.Name);
        _file.Dispose();
    }

    private static LabLock? TryTake(string name)
    {
        Directory.CreateDirectory(LabPaths.Locks);
        string path = PathOf(name);
        try
        {
            FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!File.Exists(path))
            {
                // The last holder removed the file between our opening and locking it: that lock guards nothing.
                file.Dispose();
                return null;
            }

            file.Write(System.Text.Encoding.ASCII.GetBytes($"process {Environment.ProcessId}\n"));
            file.Flush();
            return new LabLock(file);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Holder(string name)
    {
        try
        {
            using FileStream file = new(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(file);
            return reader.ReadLine() ?? "unknown";
        }
        catch (IOException)
        {
            return "unknown";
        }
    }

    private static string PathOf(string name) => Path.Combine(LabPaths.Locks, name + ".lock");
}
