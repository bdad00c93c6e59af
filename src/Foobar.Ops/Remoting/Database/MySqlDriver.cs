using System.Data.Common;
using System.Globalization;
using System.Reflection;
using Foobar.Ops.Errors;
using Foobar.Ops.Loading;

namespace Foobar.Ops.Remoting.Database;

/// <summary>
/// The one place that knows the database driver, which is loaded at run time into the module's own load context; all else
/// is ADO.NET (<see cref="System.Data.Common"/>). Another driver (MySqlConnector) goes in here and nowhere else:
/// its factory, its connection string's words, how its exceptions tell the server's error number.
/// </summary>
internal static class MySqlDriver
{
    // Seconds; more than 2^31 milliseconds it refuses, and 0 it takes as such.
    private const int LongestLimit = 2_000_000;

    private static readonly Lazy<DbProviderFactory> Factory = new(Load);

    /// <summary>Makes a connection, not yet open, over a local unix socket.</summary>
    /// <param name="socket">The path of the socket.</param>
    /// <param name="user">The account.</param>
    /// <param name="password">Its password; <see langword="null"/> for socket authentication.</param>
    /// <param name="encrypt">Whether TLS is used where the server offers it: servers may insist on it for their TCP port, even through a tunnel.</param>
    /// <param name="limit">The time limit for opening; <see langword="null"/> for none, where the caller gives it up.</param>
    /// <exception cref="DatabaseException"><c>DatabaseDriverMissing</c>.</exception>
    public static DbConnection Create(string socket, string user, Secret? password, bool encrypt, TimeSpan? limit)
    {
        DbConnectionStringBuilder text = new()
        {
            ["Server"] = socket,
            ["Protocol"] = "unix",
            ["User ID"] = user,
            ["Pooling"] = false,
            ["SslMode"] = encrypt ? "Preferred" : "Disabled",
            ["Connection Timeout"] = limit is { } known ? Math.Max(1, (int)Math.Ceiling(known.TotalSeconds)) : LongestLimit,
            ["Default Command Timeout"] = 0,
            ["Allow User Variables"] = true,
            ["AllowPublicKeyRetrieval"] = true,
            ["TreatTinyAsBoolean"] = false,
            ["Convert Zero Datetime"] = true,
            ["Persist Security Info"] = false,
            ["Character Set"] = "utf8mb4",
        };
        if (password is not null)
        {
            text["Password"] = password.Reveal();
        }

        DbConnection connection = Factory.Value.CreateConnection()!;
        connection.ConnectionString = text.ConnectionString;
        return connection;
    }

    /// <summary>The server's error number; <see langword="null"/> if the error is the driver's own.</summary>
    public static int? Number(DbException error)
    {
        for (Exception? each = error; each is not null; each = each.InnerException)
        {
            if (each.GetType().GetProperty("Number")?.GetValue(each) is int number && number != 0)
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>A value of a result in types of the base class library: the driver's own become text.</summary>
    public static object? Plain(object value) => value switch
    {
        DBNull => null,
        Guid guid => guid.ToString("D", CultureInfo.InvariantCulture),
        _ when value.GetType().Assembly == Factory.Value.GetType().Assembly => Convert.ToString(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    private static DbProviderFactory Load()
    {
        try
        {
            Type type = ModuleLoadContext.LoadOwn("MySql.Data").GetType("MySql.Data.MySqlClient.MySqlClientFactory", throwOnError: true)!;
            return (DbProviderFactory)type.GetField("Instance", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;
        }
        catch (Exception error) when (error is IOException or BadImageFormatException or TypeLoadException)
        {
            throw new DatabaseException("DatabaseDriverMissing", ErrorKind.NotFound, $"The database driver MySql.Data.dll can't be loaded: {error.Message}", error)
            {
                Recommendation = "Install the module again: the file belongs beside Foobar.Ops.dll.",
            };
        }
    }
}
