using System.Data.Common;

namespace Foobar.Ops.Remoting.Drivers;

/// <summary>What stands in the way of a statement to a database in a file.</summary>
internal enum FileDatabaseFault
{
    /// <summary>Something else: a full disk, a file that may not be written.</summary>
    Other,

    /// <summary>The file is damaged, or is no such database.</summary>
    Damaged,

    /// <summary>Another process held it for longer than was waited.</summary>
    Busy,
}

/// <summary>Databases in a file of this machine: SQLite.</summary>
internal interface IFileDatabaseDriver
{
    /// <summary>A connection to a file, not open yet. A statement waits up to the limit for another process.</summary>
    DbConnection Create(string path, TimeSpan patience);

    /// <summary>What an error of it means.</summary>
    FileDatabaseFault FaultOf(DbException error);
}
