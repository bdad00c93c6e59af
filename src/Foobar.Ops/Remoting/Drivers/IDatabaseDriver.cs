using System.Data.Common;

namespace Foobar.Ops.Remoting.Drivers;

/// <summary>What ADO.NET (<see cref="System.Data.Common"/>) leaves to a driver.</summary>
internal interface IDatabaseDriver
{
    /// <summary>Makes a connection, not yet open.</summary>
    /// <param name="target">What it is opened with.</param>
    DbConnection Create(DatabaseTarget target);

    /// <summary>The id under which the server knows an open connection: the one of <c>KILL</c>.</summary>
    /// <param name="connection">The connection.</param>
    long ConnectionId(DbConnection connection);

    /// <summary>The server's error number; <see langword="null"/> if the error is the driver's own.</summary>
    /// <param name="error">A driver's error.</param>
    int? Number(DbException error);

    /// <summary>A value of a result in types of the base class library; <see langword="null"/> for NULL.</summary>
    /// <param name="value">The value as the driver gives it.</param>
    object? Plain(object value);

    /// <summary>Opens a connection within this process and runs a statement, so that a first real one finds all code compiled.</summary>
    Task WarmUpAsync();
}

/// <summary>What a database connection is opened with.</summary>
/// <param name="Socket">The path of a local unix socket that leads to the database.</param>
/// <param name="User">The account.</param>
/// <param name="Password">Its password; <see langword="null"/> for socket authentication.</param>
/// <param name="Encrypt">Whether TLS is used where the server offers it: servers may insist on it for their TCP port, even through a
/// tunnel.</param>
/// <param name="Limit">The time limit for opening. The driver's own, in whole seconds, ends a little later.</param>
internal sealed record DatabaseTarget(string Socket, string User, Secret? Password, bool Encrypt, TimeSpan Limit);
