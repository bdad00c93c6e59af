using System.Text.Json.Serialization;

namespace Foobar.Ops.Database;

/// <summary>Which family a database server is of. They count transactions in different ways.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DatabaseFlavor>))]
public enum DatabaseFlavor : long
{
    /// <summary>MySQL, and Percona Server.</summary>
    MySql,

    /// <summary>MariaDB.</summary>
    MariaDb,
}
