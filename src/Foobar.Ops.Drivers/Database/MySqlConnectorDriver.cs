using System.Data.Common;
using System.Globalization;
using Foobar.Ops.Remoting.Drivers;
using MySqlConnector;

namespace Foobar.Ops.Drivers.Database;

/// <summary>MySqlConnector, set for connections over a forwarded unix socket: one connection each, no pool, values as the server sends them.</summary>
internal sealed class MySqlConnectorDriver : IDatabaseDriver
{
    /// <inheritdoc/>
    public DbConnection Create(DatabaseTarget target)
    {
        MySqlConnectionStringBuilder text = new()
        {
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            Server = target.Socket,
            UserID = target.User,
            SslMode = target.Encrypt ? MySqlSslMode.Preferred : MySqlSslMode.Disabled,
            ConnectionTimeout = (uint)Math.Clamp(Math.Ceiling(target.Limit.TotalSeconds), 1, int.MaxValue / 1000),
            DefaultCommandTimeout = 0,
            Pooling = false,
            AllowUserVariables = true,
            AllowPublicKeyRetrieval = true,
            ConvertZeroDateTime = true,
            TreatTinyAsBoolean = false,

            // A CHAR(36) stays text, whatever stands in it.
            GuidFormat = MySqlGuidFormat.None,

            // A caller's ambient transaction is not ours: an operator's TransactionScope must not enlist what we open.
            AutoEnlist = false,
        };
        if (target.Password is not null)
        {
            text.Password = target.Password.Reveal();
        }

        return new MySqlConnection(text.ConnectionString);
    }

    /// <inheritdoc/>
    public int? Number(DbException error) => error is MySqlException { Number: > 0 } own ? own.Number : null;

    /// <inheritdoc/>
    public object? Plain(object value) => value switch
    {
        DBNull => null,
        _ when value.GetType().Assembly == typeof(MySqlConnection).Assembly => Convert.ToString(value, CultureInfo.InvariantCulture),
        _ => value,
    };
}
