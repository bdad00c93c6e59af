namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>Reads <c>known_hosts</c> files, and adds the key of a new host to one.</summary>
internal static class KnownHostsStore
{
    private static readonly Lock Adding = new();

    /// <summary>The lines of all files; a file that can't be read has none.</summary>
    public static IReadOnlyList<KnownHost> Read(IEnumerable<string> files) =>
        [.. files.SelectMany(file => KnownHost.Parse(KnownHosts.ReadLines(file), file))];

    /// <summary>
    /// Adds a key at the end of a file, which is made if it is not there; one that another connection has just added stands
    /// there once.
    /// </summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Add(string file, KnownHostName name, bool hashed, byte[] key)
    {
        string host = hashed ? HostPattern.Hash(name.Names[0]) : name.Names[0];
        string line = $"{host} {HostKeyText.TypeOf(key)} {Convert.ToBase64String(key)}\n";
        lock (Adding)
        {
            if (Read([file]).Any(line => line.Marker == KnownHostMarker.None
                && HostPattern.Matches(line.Hosts, name.Names[0])
                && line.Key.AsSpan().SequenceEqual(key)))
            {
                return;
            }

            Prepare(file);
            bool broken = File.Exists(file) && new FileInfo(file).Length > 0 && LastByte(file) != '\n';
            using FileStream stream = new(file, Options());
            using StreamWriter writer = new(stream);
            writer.Write(broken ? "\n" + line : line);
        }
    }

    private static FileStreamOptions Options()
    {
        FileStreamOptions options = new() { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static void Prepare(string file)
    {
        if (Path.GetDirectoryName(file) is not { Length: > 0 } folder || Directory.Exists(folder))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static int LastByte(string file)
    {
        using FileStream stream = File.OpenRead(file);
        stream.Seek(-1, SeekOrigin.End);
        return stream.ReadByte();
    }
}
