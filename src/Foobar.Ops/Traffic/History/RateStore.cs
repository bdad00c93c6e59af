using System.Data;
using System.Data.Common;
using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Traffic.History;

/// <summary>
/// The rates of a site over weeks, in an SQLite file of the user's state directory that only the user can read. What is older is kept
/// more coarsely (<see cref="RateThinning"/>), so that the file stays small. Several processes may write at once (write-ahead log),
/// and one that is killed leaves nothing half written. Two that count the same add up to the same rate.
/// </summary>
/// <remarks>A damaged file is put aside and told, never overwritten. Not for several threads at once.</remarks>
public sealed class RateStore : IDisposable
{
    /// <summary>The version of the tables.</summary>
    internal const int Version = 1;

    /// <summary>How long the stretches are that are kept at first.</summary>
    public static readonly TimeSpan Finest = TimeSpan.FromMinutes(1);

    private const string FileName = "rates.db";
    private static readonly string[] FileEnds = ["", "-wal", "-shm"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IFileDatabaseDriver _driver;
    private readonly DbConnection _connection;
    private readonly Dictionary<RateSeries, long> _ids = [];

    private RateStore(IFileDatabaseDriver driver, DbConnection connection, string path)
    {
        _driver = driver;
        _connection = connection;
        FilePath = path;
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>Where a damaged file was put when the store was opened; <see langword="null"/> if it was whole.</summary>
    public string? PutAside { get; private init; }

    /// <summary>Opens the store of a site, and makes it if there is none.</summary>
    /// <param name="site">The site.</param>
    /// <param name="now">The time now: what is old is thinned.</param>
    /// <param name="root">The state directory to use; the user's if left out.</param>
    /// <exception cref="FoobarException"><c>HistoryUnusable</c>: the file can't be opened or written. <c>HistoryTooNew</c>: a later version
    /// of this module wrote it. <c>DriverMissing</c>.</exception>
    public static RateStore Open(Site site, DateTimeOffset now, string? root = null) =>
        Open(Path.Combine(OperationStore.DirectoryOf(site, "history", root), FileName), now, LoadedDrivers.Files);

    internal static RateStore Open(string path, DateTimeOffset now, IFileDatabaseDriver driver)
    {
        string? aside = null;
        for (bool again = false; ; again = true)
        {
            try
            {
                MakePrivate(path);
                RateStore store = new(driver, driver.Create(path, Patience), path) { PutAside = aside };
                store.Prepare(now);
                return store;
            }
            catch (DbException error) when (!again && (error is DamagedException || driver.FaultOf(error) == FileDatabaseFault.Damaged))
            {
                aside = PutAsideAs(path, now);
            }
            catch (Exception error) when (error is DbException or IOException or UnauthorizedAccessException)
            {
                throw Unusable(path, error);
            }
        }
    }

    /// <summary>Adds what was counted, all of it or nothing.</summary>
    /// <exception cref="FoobarException"><c>HistoryUnusable</c>: it could not be written.</exception>
    public void Add(IEnumerable<(RateSeries Series, RateSample Sample)> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        Try(() =>
        {
            using DbTransaction transaction = _connection.BeginTransaction(IsolationLevel.Serializable);
            foreach ((RateSeries series, RateSample sample) in samples.Where(each => each.Sample.Seconds > 0))
            {
                long middle = (sample.Time - TimeSpan.FromSeconds(sample.Seconds / 2)).ToUnixTimeSeconds();
                long length = (long)Finest.TotalSeconds;
                Execute(
                    "INSERT INTO bucket (series, length, start, count, seconds) VALUES ($a, $b, $c, $d, $e) "
                    + "ON CONFLICT (series, length, start) DO UPDATE SET count = count + excluded.count, seconds = seconds + "
                    + "excluded.seconds",
                    IdOf(series), length, middle / length * length, sample.Count, sample.Seconds);
            }

            transaction.Commit();
            return 0;
        });
    }

    /// <summary>What is kept of a series, by time, the newest of <paramref name="reach"/>.</summary>
    /// <exception cref="FoobarException"><c>HistoryUnusable</c>: it could not be read.</exception>
    public IReadOnlyList<RateBucket> Read(RateSeries series, DateTimeOffset now, TimeSpan reach) => Try(() =>
    {
        using DbCommand command = Command(
            "SELECT bucket.start, bucket.length, bucket.count, bucket.seconds FROM bucket JOIN series ON series.id = bucket.series "
            + "WHERE series.server = $a AND series.origin = $b AND series.name = $c AND bucket.start >= $d ORDER BY bucket.start",
            series.Server, series.Origin.ToString(), series.Name, (now - reach).ToUnixTimeSeconds());
        using DbDataReader reader = command.ExecuteReader();
        List<RateBucket> buckets = [];
        while (reader.Read())
        {
            buckets.Add(new(
                DateTimeOffset.FromUnixTimeSeconds(reader.GetInt64(0)),
                TimeSpan.FromSeconds(reader.GetInt64(1)), reader.GetDouble(2), reader.GetDouble(3)));
        }

        return (IReadOnlyList<RateBucket>)buckets;
    });

    /// <summary>The series that something is kept of, by server, origin and name.</summary>
    /// <exception cref="FoobarException"><c>HistoryUnusable</c>: it could not be read.</exception>
    public IReadOnlyList<RateSeries> Series() => Try(() =>
    {
        using DbCommand command = Command(
            "SELECT server, origin, name FROM series WHERE EXISTS (SELECT 1 FROM bucket WHERE bucket.series = series.id) ORDER BY server, "
                + "origin, name");
        using DbDataReader reader = command.ExecuteReader();
        List<RateSeries> series = [];
        while (reader.Read())
        {
            // A later version may know origins that this one doesn't.
            if (Enum.TryParse(reader.GetString(1), out TrafficOrigin origin))
            {
                series.Add(new(reader.GetString(0), origin, reader.GetString(2)));
            }
        }

        return (IReadOnlyList<RateSeries>)series;
    });

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private void Prepare(DateTimeOffset now)
    {
        try
        {
            _connection.Open();

            // https://www.sqlite.org/wal.html: readers and a writer at once; a process that is killed loses nothing it had committed.
            Scalar("PRAGMA journal_mode = WAL");
            Execute("PRAGMA synchronous = NORMAL");
            Check();
            using (DbTransaction transaction = _connection.BeginTransaction(IsolationLevel.Serializable))
            {
                Migrate();
                new RateThinning(now).Run(Execute, Scalar);
                transaction.Commit();
            }
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    private void Check()
    {
        if (Scalar("PRAGMA quick_check(1)") is not "ok")
        {
            throw new DamagedException();
        }
    }

    private void Migrate()
    {
        long version = Convert.ToInt64(Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (version > Version)
        {
            throw new FoobarException(
                "HistoryTooNew", ErrorKind.Refused,
                FormattableString.Invariant(
                    $"{FilePath} was written by a later version of this module (tables {version}, known are {Version})."))
            {
                Recommendation = "Update the module, or move the file away to begin a new history.",
            };
        }

        if (version == 0)
        {
            Execute(
                "CREATE TABLE series (id INTEGER PRIMARY KEY, server TEXT NOT NULL, origin TEXT NOT NULL, name TEXT NOT NULL, UNIQUE "
                    + "(server, origin, name))");
            Execute(
                "CREATE TABLE bucket (series INTEGER NOT NULL REFERENCES series, length INTEGER NOT NULL, start INTEGER NOT NULL, count "
                    + "REAL NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (series, length, start)) WITHOUT ROWID");
            Execute("CREATE INDEX bucket_start ON bucket (start)");
            Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
        }
    }

    private long IdOf(RateSeries series)
    {
        if (!_ids.TryGetValue(series, out long id))
        {
            object[] key = [series.Server, series.Origin.ToString(), series.Name];
            Execute("INSERT INTO series (server, origin, name) VALUES ($a, $b, $c) ON CONFLICT DO NOTHING", key);
            id = Convert.ToInt64(
                Scalar("SELECT id FROM series WHERE server = $a AND origin = $b AND name = $c", key), CultureInfo.InvariantCulture);
            _ids[series] = id;
        }

        return id;
    }

    private T Try<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (DbException error)
        {
            // A transaction that was undone took new series with it.
            _ids.Clear();
            throw Unusable(FilePath, error, _driver.FaultOf(error));
        }
    }

    private DbCommand Command(string text, params object[] values)
    {
        DbCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Fixed texts of this library; what varies is a parameter.
        command.CommandText = text;
#pragma warning restore CA2100
        for (int index = 0; index < values.Length; index++)
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = $"${(char)('a' + index)}";
            parameter.Value = values[index];
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private int Execute(string text, params object[] values)
    {
        using DbCommand command = Command(text, values);
        return command.ExecuteNonQuery();
    }

    private object? Scalar(string text, params object[] values)
    {
        using DbCommand command = Command(text, values);
        return command.ExecuteScalar();
    }

    // SQLite gives its other files (-wal, -shm) the mode of the database.
    private static void MakePrivate(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private static string PutAsideAs(string path, DateTimeOffset now)
    {
        string aside = string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}");
        foreach (string end in FileEnds.Where(end => File.Exists(path + end)))
        {
            File.Move(path + end, aside + end, overwrite: false);
        }

        return aside;
    }

    private static FoobarException Unusable(string path, Exception error, FileDatabaseFault fault = FileDatabaseFault.Other) =>
        new("HistoryUnusable", ErrorKind.Failed, $"The history {path} can't be used: {error.Message}", error)
        {
            Recommendation = fault switch
            {
                FileDatabaseFault.Damaged => "Open it again: a damaged file is put aside, and a new history begins.",
                FileDatabaseFault.Busy => "Another process keeps it locked: see which one has it open.",
                _ => "See that the disk is not full and that the folder is yours.",
            },
        };

    private sealed class DamagedException() : DbException("the file is damaged (PRAGMA quick_check)");
}
