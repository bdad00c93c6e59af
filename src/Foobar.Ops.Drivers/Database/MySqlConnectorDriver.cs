using System.Data.Common;
using System.Globalization;
using Foobar.Ops.Remoting.Drivers;
using MySqlConnector;

namespace Foobar.Ops.Drivers.Database;

/// <summary>MySqlConnector, set for connections over a forwarded unix socket: no pool, and values as the server sends them.</summary>
internal sealed class MySqlConnectorDriver : IDatabaseDriver
{
    // Seconds: the driver counts in milliseconds, in 32 bits.
    private const int LongestLimit = int.MaxValue / 1000;

    /// <inheritdoc/>
    public DbConnection Create(DatabaseTarget target)
    {
        MySqlConnectionStringBuilder text = new()
        {
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            Server = target.Socket,
            UserID = target.User,
            Password = target.Password?.Reveal() ?? "",
            SslMode = target.Encrypt ? MySqlSslMode.Preferred : MySqlSslMode.Disabled,
            AllowPublicKeyRetrieval = true,
            ConnectionTimeout = (uint)Math.Clamp(Math.Floor(target.Limit.TotalSeconds) + 1, 1, LongestLimit),
            DefaultCommandTimeout = 0,
            Pooling = false,

            // A TransactionScope of the caller's is not for these connections.
            AutoEnlist = false,
            AllowUserVariables = true,
            ConvertZeroDateTime = true,
            TreatTinyAsBoolean = false,

            // CHAR(36) stays text.
            GuidFormat = MySqlGuidFormat.None,
        };
        return new MySqlConnection(text.ConnectionString);
    }

    /// <inheritdoc/>
    public long ConnectionId(DbConnection connection) => (uint)((MySqlConnection)connection).ServerThread;

    /// <inheritdoc/>
    /// <remarks>The driver's own errors use the server's numbers too (1042), but have no SQL state.</remarks>
    public int? Number(DbException error) => error is MySqlException { Number: > 0, SqlState: not null } told ? told.Number : null;

    /// <inheritdoc/>
    public object? Plain(object value) => value switch
    {
        DBNull => null,
        _ when value.GetType().Assembly == typeof(MySqlConnection).Assembly => Convert.ToString(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    /// <inheritdoc/>
    public Task WarmUpAsync() => WarmUp.RunAsync(this);
}
