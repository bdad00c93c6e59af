using System.Data.Common;
using Foobar.Ops.Remoting.Drivers;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Foobar.Ops.Drivers.Files;

/// <summary>Microsoft.Data.Sqlite, with the native SQLite that is staged beside it.</summary>
internal sealed class SqliteDriver : IFileDatabaseDriver
{
    // Result codes: https://www.sqlite.org/rescode.html
    private const int Busy = 5, Locked = 6, Corrupt = 11, NotADatabase = 26;

    /// <summary>Loads the native library, once.</summary>
    public SqliteDriver() => Batteries_V2.Init();

    /// <inheritdoc/>
    public DbConnection Create(string path, TimeSpan patience) => new SqliteConnection(new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,

        // A pooled connection would keep a file open that was put aside.
        Pooling = false,
        DefaultTimeout = (int)Math.Ceiling(patience.TotalSeconds),
    }.ConnectionString);

    /// <inheritdoc/>
    public FileDatabaseFault FaultOf(DbException error) => (error as SqliteException)?.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => FileDatabaseFault.Damaged,
        Busy or Locked => FileDatabaseFault.Busy,
        _ => FileDatabaseFault.Other,
    };
}
