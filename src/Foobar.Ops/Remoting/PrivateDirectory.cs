using System.Globalization;
using System.Security.Cryptography;

namespace Foobar.Ops.Remoting;

/// <summary>
/// A directory that only the operator can enter (mode 0700), for the sockets and the configuration of one site's sessions.
/// Its name holds our process id and a file in it is kept locked, so that the next one removes what a killed process left
/// and nothing else: a process id alone says nothing of a process in another container that has the same directory for
/// temporary files.
/// </summary>
internal sealed class PrivateDirectory : IDisposable
{
    private const string Prefix = "foobar-ops-";
    private const string LockName = "lock";
    private const int Attempts = 5;

    /// <summary>
    /// A socket's path may have 107 bytes (unix(7)), of which OpenSSH wants 17 for a temporary name and we some for ours.
    /// </summary>
    private const int LongestParent = 107 - 17 - 40;
    private readonly FileStream _lock;
    private int _lastName;

    public PrivateDirectory()
    {
        string parent = Parent();
        Sweep(parent);
        (FullPath, _lock) = Make(parent);
    }

    public string FullPath { get; }

    /// <summary>A path in the directory that was not given out before.</summary>
    public string NewPath() => Path.Combine(FullPath, Interlocked.Increment(ref _lastName).ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        _lock.Dispose();
        Remove(FullPath);
    }

    private static string Parent()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string[] candidates = [runtime ?? "", Path.GetTempPath(), "/tmp"];
        return candidates.FirstOrDefault(path => path.Length is > 0 and <= LongestParent && Directory.Exists(path)) ?? Path.GetTempPath();
    }

    private static (string Path, FileStream Lock) Make(string parent)
    {
        for (int attempt = 1; ; attempt++)
        {
            string path = Path.Combine(
                parent,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Prefix}{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}"));
            if (OperatingSystem.IsWindows())
            {
                // The temporary directory of a Windows user is private already.
                Directory.CreateDirectory(path);
            }
            else
            {
                Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            try
            {
                return (path, new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (attempt < Attempts)
            {
                // Another process looked whether it is held in the moment before it was.
                Remove(path);
            }
        }
    }

    private static void Sweep(string parent)
    {
        foreach (string path in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            string owner = Path.GetFileName(path)[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && !IsRunning(id) && !IsHeld(path))
            {
                Remove(path);
            }
        }
    }

    private static bool IsHeld(string path)
    {
        try
        {
            using FileStream free = new(Path.Combine(path, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Another user's, or gone already.
        }
    }
}
