using System.Data.Common;
using System.Globalization;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database;

/// <summary>What a driver's error means (error numbers: MySQL 9 Error Message Reference; MariaDB Error Codes).</summary>
internal static class DatabaseErrors
{
    /// <summary>Access denied: for the user (1045), the database (1044), the account's plugin (1698), its host (1130), TLS demanded (3159), account locked (3118), password expired (1820, 1862); with the SQL states, which the driver drops.</summary>
    private static readonly Dictionary<int, string> Logins = new()
    {
        [1044] = "42000", [1045] = "28000", [1130] = "HY000", [1698] = "28000", [1820] = "HY000", [1862] = "HY000", [3118] = "HY000", [3159] = "HY000",
    };

    /// <summary>The server ends (1053), the connection was killed (1927 MariaDB, 3169 MySQL), timed out (4031), broke (2006, 2013).</summary>
    private static readonly int[] Losses = [1053, 1927, 2006, 2013, 3169, 4031];

    /// <summary>A connection could not be opened.</summary>
    public static DatabaseException OfOpening(string server, string user, DbException error) => OfOpening(server, user, MySqlDriver.Number(error), Words(error), error);

    /// <summary>The same, from the server's own words.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="user">The account.</param>
    /// <param name="number">The error's number; <see langword="null"/> if it is not the server's.</param>
    /// <param name="words">What was said.</param>
    /// <param name="cause">The driver's error, if there is one.</param>
    public static DatabaseException OfOpening(string server, string user, int? number, string words, DbException? cause = null) => number switch
    {
        int known when Logins.TryGetValue(known, out string? state) => Make("DatabaseLoginRefused", ErrorKind.Authentication, $"{server}: the database refused the login of '{user}': {words}", cause, server,
            $"Create the account for socket authentication ('{user}'@'localhost', auth_socket in MySQL, unix_socket in MariaDB), or give a database login with -DatabaseCredential.", known, state),
        1040 or 1203 or 1226 => Make("DatabaseUnreachable", ErrorKind.Connection, $"{server}: the database takes no more connections: {words}", cause, server,
            "See who holds the connections, or raise max_connections.", number),
        _ => Unreachable(server, words, cause, number),
    };

    /// <summary>A statement failed.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="error">The driver's error.</param>
    /// <param name="open">Whether the connection still stands.</param>
    /// <param name="sqlState">The SQL state, which the driver drops and the server was asked for.</param>
    public static DatabaseException OfStatement(string server, DbException error, bool open, string? sqlState) =>
        MySqlDriver.Number(error) is int number && open
            ? OfStatement(server, number, sqlState, Words(error), error)
            : Lost(server, Words(error), error, MySqlDriver.Number(error));

    /// <summary>The same, from the server's own words.</summary>
    public static DatabaseException OfStatement(string server, int number, string? sqlState, string words, DbException? cause = null) =>
        Losses.Contains(number) ? Lost(server, words, cause, number) : Refused(server, number, sqlState, words, cause);

    /// <summary>Somebody ended the statement by KILL QUERY, which the driver reports as no result at all.</summary>
    public static DatabaseException Interrupted(string server) => Refused(server, 1317, "70100", "Query execution was interrupted (error 1317)", null);

    public static DatabaseException Lost(string server, string words, Exception? cause = null, int? number = null) =>
        Make("DatabaseConnectionLost", ErrorKind.Connection, $"{server}: the database connection was lost: {words}", cause, server,
            "Check that the database runs. Whether the last statement was carried out is not known.", number);

    public static DatabaseException Unreachable(string server, string words, Exception? cause = null, int? number = null) =>
        Make("DatabaseUnreachable", ErrorKind.Connection, $"{server}: no database connection: {words}", cause, server,
            "Check that the database runs there and that policy.database names its socket and port.", number);

    public static DatabaseException Timeout(string server, string what, TimeSpan limit) =>
        Make("DatabaseTimeout", ErrorKind.Timeout, string.Create(CultureInfo.InvariantCulture, $"{server}: no end within {limit.TotalSeconds:0.###} s: {what}"), null, server,
            "See what the database waits for (SHOW FULL PROCESSLIST); the statement was killed there.");

    private static DatabaseException Make(string id, ErrorKind kind, string message, Exception? cause, string server, string? recommendation, int? number = null, string? sqlState = null) => new(id, kind, message, cause)
    {
        Server = server,
        Recommendation = recommendation,
        Number = number,
        SqlState = sqlState,
    };

    private static DatabaseException Refused(string server, int number, string? sqlState, string words, Exception? cause)
    {
        string message = $"{server}: the database refused a statement: {words}";
        return number is 1142 or 1143 or 1227 or 1370
            ? new DatabaseException("StatementRefused", ErrorKind.Permission, message, cause) { Server = server, Number = number, SqlState = sqlState }
            : new DatabaseException("StatementRefused", ErrorKind.Failed, message, cause) { Server = server, Number = number, SqlState = sqlState };
    }

    /// <summary>The innermost words: the driver wraps what the server said.</summary>
    private static string Words(DbException error)
    {
        Exception inner = error;
        while (inner.InnerException is DbException next)
        {
            inner = next;
        }

        return MySqlDriver.Number(error) is int number ? string.Create(CultureInfo.InvariantCulture, $"{inner.Message} (error {number})") : inner.Message;
    }
}
