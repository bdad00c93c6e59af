namespace Foobar.Ops.Planning;

/// <summary>Files on this machine's disk.</summary>
internal sealed class DiskFiles : IStateFiles
{
    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <inheritdoc/>
    public Stream Open(string path, FileMode mode, FileShare share)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <inheritdoc/>
    public string? ReadText(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        // Its writer may have it open.
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        return reader.ReadToEnd();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Find(string directory, string suffix) =>
        Directory.Exists(directory) ? Directory.GetFiles(directory, $"*{suffix}") : [];

    /// <inheritdoc/>
    public void Move(string from, string to) => File.Move(from, to, overwrite: true);
}
