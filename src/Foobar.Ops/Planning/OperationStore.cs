using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Planning;

/// <summary>
/// Where the operations of one site keep their journals and their lock: the user's state directory (XDG Base Directory
/// Specification: <c>$XDG_STATE_HOME</c>, else <c>~/.local/state</c>; the local application data on Windows and macOS).
/// </summary>
public sealed class OperationStore
{
    private readonly string _directory;
    private readonly IStateFiles _files;

    /// <summary>The store of a site.</summary>
    /// <param name="site">The site's name.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    public OperationStore(string site, string? root = null)
        : this(site, root ?? UserState(), new DiskFiles())
    {
    }

    /// <summary>The same, of other files than the disk's.</summary>
    internal OperationStore(string site, string root, IStateFiles files)
    {
        _directory = Path.Combine(root, "foobar-ops", "journal", FileNameOf(site));
        _files = files;
    }

    /// <summary>
    /// The store of a site as it is declared: kept by its name and by what its servers are, so that two sites of one name (a
    /// test beside production) neither refuse nor resume each other's operations. Another address of a server is another site.
    /// </summary>
    /// <param name="site">The site.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    public static OperationStore Of(Site site, string? root = null) => new(KeyOf(site), root);

    /// <summary>The directory in which something else is kept of a site, beside its journals.</summary>
    /// <param name="site">The site.</param>
    /// <param name="subject">What is kept: <c>history</c>.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    internal static string DirectoryOf(Site site, string subject, string? root = null) =>
        Path.Combine(root ?? UserState(), "foobar-ops", subject, FileNameOf(KeyOf(site)));

    private static string FileNameOf(string site)
    {
        string name = string.Concat(
            site.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' ? character : '_'))
            .Trim('.');
        return name.Length == 0 ? "_" : name;
    }

    private static string KeyOf(Site site)
    {
        IEnumerable<string> servers = site.Servers.Select(
            server => $"{server.Name} {server.Ssh.Host} {server.Ssh.Port} {string.Join(' ', server.Addresses)}")
            .Order(StringComparer.Ordinal);
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', servers)));
        return $"{site.Name}-{Convert.ToHexStringLower(digest.AsSpan(0, 4))}";
    }

    /// <summary>The directory.</summary>
    public string Directory => _directory;

    /// <summary>Locks the site's operations against others of this user on this machine; released by disposing or by death.</summary>
    /// <param name="kind">What kind of operation is about to begin.</param>
    /// <param name="since">The time now.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: another holds it; the message says who and since when.</exception>
    public IDisposable Lock(string kind, DateTimeOffset since)
    {
        Create();
        string path = Path.Combine(_directory, "lock");
        string holder = Path.Combine(_directory, "lock-holder");
        try
        {
            Stream file = _files.Open(path, FileMode.OpenOrCreate, FileShare.None);
            Write(
                holder,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kind} by {Environment.UserName} on {Environment.MachineName} (process {Environment.ProcessId}) since {since:u}"));
            return file;
        }
        catch (IOException error)
        {
            string who = _files.ReadText(holder) ?? "another process";
            throw new FoobarException("OperationRunning", ErrorKind.Refused, $"Another operation on this site is running: {who}.", error)
            {
                Recommendation = "Wait until it ends. If its process is gone the lock is gone with it.",
            };
        }
    }

    /// <summary>Opens the journal of a new operation.</summary>
    public FileJournal NewJournal(string kind, DateTimeOffset time)
    {
        Create();
        string name = string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff'Z'}-{kind}.jsonl");
        return OpenJournal(Path.Combine(_directory, name));
    }

    /// <summary>Opens a journal that there is, to go on in it.</summary>
    internal FileJournal OpenJournal(string path) => FileJournal.Open(path, _files);

    /// <summary>The newest journal whose operation never ended, or <see langword="null"/>.</summary>
    /// <param name="kind">What kind of operation to look for.</param>
    public (string Path, JournalState State)? FindUnfinished(string kind)
    {
        foreach (string path in _files.Find(_directory, $"-{kind}.jsonl").OrderDescending(StringComparer.Ordinal))
        {
            IReadOnlyList<JournalRecord> records = FileJournal.Parse(_files.ReadText(path) ?? "", path);
            if (records.Count > 0 && JournalState.Replay(records, path) is { End: null } state)
            {
                return (path, state);
            }
        }

        return null;
    }

    /// <summary>Keeps a text by a name, in place of what was kept by it before; readable by this user only.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Keep(string name, string text)
    {
        Create();
        string path = Path.Combine(_directory, name);
        string next = $"{path}.{Environment.ProcessId}";
        Write(next, text);
        _files.Move(next, path);
    }

    /// <summary>Writes a file that stays, and sees to it that it is on the disk; readable by this user only.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal string Save(string name, ReadOnlySpan<byte> content)
    {
        Create();
        string path = Path.Combine(_directory, name);
        using Stream file = _files.Open(path, FileMode.Create, FileShare.None);
        file.Write(content);
        file.Flush();
        (file as FileStream)?.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>What was kept by a name; <see langword="null"/> if nothing was or it can't be read.</summary>
    public string? Kept(string name)
    {
        try
        {
            return _files.ReadText(Path.Combine(_directory, name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The user's state directory.</summary>
    internal static string UserState()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
        }

        // The specification says to ignore a relative path.
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        return Path.IsPathRooted(state)
            ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
    }

    private void Create() => _files.CreateDirectory(_directory);

    private void Write(string path, string text)
    {
        using StreamWriter writer = new(_files.Open(path, FileMode.Create, FileShare.ReadWrite));
        writer.Write(text);
    }
}
