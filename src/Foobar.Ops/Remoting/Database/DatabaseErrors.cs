using System.Data.Common;
using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Remoting.Database;

/// <summary>What a driver's error means (error numbers: MySQL 9 Error Message Reference; MariaDB Error Codes).</summary>
internal static class DatabaseErrors
{
    /// <summary>
    /// Access denied: for the user (1045), the database (1044), the account's plugin (1698), its host (1130), TLS demanded (3159), account
    /// locked (3118), password expired (1820, 1862).
    /// </summary>
    private static readonly int[] Logins = [1044, 1045, 1130, 1698, 1820, 1862, 3118, 3159];

    /// <summary>
    /// The server ends (1053), the connection was killed (1927 MariaDB, 3169 MySQL), timed out (4031), broke (2006, 2013).
    /// </summary>
    private static readonly int[] Losses = [1053, 1927, 2006, 2013, 3169, 4031];

    /// <summary>A connection could not be opened.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="user">The account.</param>
    /// <param name="byPassword">Whether a login was given; the login by socket needs none.</param>
    /// <param name="error">The driver's error.</param>
    public static DatabaseException OfOpening(string server, string user, bool byPassword, DbException error) => Number(error) switch
    {
        int known when Logins.Contains(known) => Make(
            "DatabaseLoginRefused", ErrorKind.Authentication,
            $"{server}: the database refused the login of '{user}': {Words(error)}",
            error, server,
            byPassword
                ? "See that the user and the password are right, that the account may log in from the host that the message names, "
                    + "and that it is neither locked nor its password expired."
                : $"Create the account for socket authentication ('{user}'@'localhost', auth_socket in MySQL, unix_socket in MariaDB), "
                    + "or give a database login with -DatabaseCredential.",
            known, error.SqlState),
        int full
            and (1040 or 1203 or 1226) => Make(
                "DatabaseUnreachable", ErrorKind.Connection,
                $"{server}: the database takes no more connections: {Words(error)}",
                error, server,
            "See who holds the connections, or raise max_connections.", full, error.SqlState),
        int other => Unreachable(server, Words(error), error, other, error.SqlState),
        null => Unreachable(server, Words(error), error),
    };

    /// <summary>The account is to log in by a method that the driver has not (ed25519, PARSEC, LDAP, GSSAPI ...).</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="user">The account.</param>
    /// <param name="error">The driver's error, which names the method.</param>
    public static DatabaseException LoginUnsupported(string server, string user, NotSupportedException error) =>
        Make(
            "DatabaseLoginRefused", ErrorKind.Authentication,
            $"{server}: '{user}' can't log in to the database: {error.Message}",
            error, server,
            "Give the account a password for caching_sha2_password (MySQL) or mysql_native_password (MariaDB), or socket authentication.");

    /// <summary>A statement failed.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="error">The driver's error.</param>
    /// <param name="open">Whether the connection still stands.</param>
    public static DatabaseException OfStatement(string server, DbException error, bool open) =>
        Number(error) is int number && open && !Losses.Contains(number)
            ? Refused(server, number, error.SqlState, Words(error), error)
            : Lost(server, Words(error), error, Number(error));

    public static DatabaseException Lost(string server, string words, Exception? cause = null, int? number = null) =>
        Make("DatabaseConnectionLost", ErrorKind.Connection, $"{server}: the database connection was lost: {words}", cause, server,
            "Check that the database runs. Whether the last statement was carried out is not known.", number);

    public static DatabaseException Unreachable(
        string server, string words, Exception? cause = null, int? number = null, string? sqlState = null) =>
        Make("DatabaseUnreachable", ErrorKind.Connection, $"{server}: no database connection: {words}", cause, server,
            "Check that the database runs there and that policy.database names its socket and port.", number, sqlState);

    /// <summary>The socket by which the database was to be reached is gone; of the database nothing is known.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="why">What the socket's connection met.</param>
    /// <param name="cause">The driver's error, which says less.</param>
    public static DatabaseException ForwardGone(string server, string why, Exception cause) =>
        Make(
            "DatabaseUnreachable", ErrorKind.Connection,
            $"{server}: no database connection: the SSH connection that carries it has ended, or its forward was closed ({why})",
            cause, server,
            "Run the command again; if it happens again, see why the SSH connection ends (the server's sshd log, its network).");

    public static DatabaseException Timeout(string server, string what, TimeSpan limit) =>
        Make(
            "DatabaseTimeout", ErrorKind.Timeout,
            string.Create(CultureInfo.InvariantCulture, $"{server}: no end within {limit.TotalSeconds:0.###} s: {what}"),
            null, server,
            "See what the database waits for (SHOW FULL PROCESSLIST); the statement was killed there.");

    /// <summary>No connection was open within the time limit; no statement was sent.</summary>
    public static DatabaseException OpeningTimeout(string server, TimeSpan limit) =>
        Make(
            "DatabaseTimeout", ErrorKind.Timeout,
            string.Create(CultureInfo.InvariantCulture, $"{server}: no database connection within {limit.TotalSeconds:0.###} s"),
            null, server,
            "See on the server whether the database answers at all: its log, its disk, its load.");

    private static DatabaseException Make(
        string id,
        ErrorKind kind,
        string message,
        Exception? cause,
        string server,
        string? recommendation,
        int? number = null,
        string? sqlState = null) => new(id, kind, message, cause)
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
            ? new DatabaseException(
                "StatementRefused", ErrorKind.Permission, message, cause) { Server = server, Number = number, SqlState = sqlState }
            : new DatabaseException(
                "StatementRefused", ErrorKind.Failed, message, cause) { Server = server, Number = number, SqlState = sqlState };
    }

    private static int? Number(DbException error) => LoadedDrivers.Database.Number(error);

    /// <summary>The server's words and number; or the driver's words, and those of what it met.</summary>
    private static string Words(DbException error) =>
        Number(error) is int number ? string.Create(CultureInfo.InvariantCulture, $"{error.Message} (error {number})")
        : error.InnerException is { } met ? $"{error.Message.TrimEnd('.')}: {met.GetBaseException().Message}"
        : error.Message;
}
