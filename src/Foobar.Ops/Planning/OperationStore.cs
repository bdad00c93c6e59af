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

    /// <summary>The store of a site.</summary>
    /// <param name="site">The site's name.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    public OperationStore(string site, string? root = null) => _directory = Path.Combine(root ?? UserState(), "foobar-ops", "journal", FileNameOf(site));

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
        string name = string.Concat(site.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' ? character : '_')).Trim('.');
        return name.Length == 0 ? "_" : name;
    }

    private static string KeyOf(Site site)
    {
        IEnumerable<string> servers = site.Servers.Select(server => $"{server.Name} {server.Ssh.Host} {server.Ssh.Port} {string.Join(' ', server.Addresses)}").Order(StringComparer.Ordinal);
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
            FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(holder, string.Create(CultureInfo.InvariantCulture, $"{kind} by {Environment.UserName} on {Environment.MachineName} (process {Environment.ProcessId}) since {since:u}"));
            return file;
        }
        catch (IOException error)
        {
            string who = File.Exists(holder) ? File.ReadAllText(holder) : "another process";
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
        return FileJournal.Open(Path.Combine(_directory, name));
    }

    /// <summary>The newest journal whose operation never ended, or <see langword="null"/>.</summary>
    /// <param name="kind">What kind of operation to look for.</param>
    public (string Path, JournalState State)? FindUnfinished(string kind)
    {
        if (!System.IO.Directory.Exists(_directory))
        {
            return null;
        }

        foreach (string path in System.IO.Directory.GetFiles(_directory, $"*-{kind}.jsonl").OrderDescending(StringComparer.Ordinal))
        {
            IReadOnlyList<JournalRecord> records = FileJournal.Read(path);
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
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (StreamWriter writer = new(next, options))
        {
            writer.Write(text);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>What was kept by a name; <see langword="null"/> if nothing was or it can't be read.</summary>
    public string? Kept(string name)
    {
        try
        {
            string path = Path.Combine(_directory, name);
            return File.Exists(path) ? File.ReadAllText(path) : null;
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

    private void Create()
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(_directory);
        }
        else
        {
            System.IO.Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
