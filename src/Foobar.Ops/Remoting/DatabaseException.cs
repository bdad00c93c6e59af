using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting;

/// <summary>A database refused a login or a statement, or was not reached. Keeps the server's own error number and SQL state.</summary>
public sealed class DatabaseException : FoobarException
{
    /// <summary>Creates the error.</summary>
    public DatabaseException(string errorId, ErrorKind kind, string message, Exception? innerException = null)
        : base(errorId, kind, message, innerException)
    {
    }

    /// <summary>The server's error number (1045, 1290 ...); <see langword="null"/> if the error is not the server's.</summary>
    public int? Number { get; init; }

    /// <summary>The SQL state of five characters; <see langword="null"/> if the error is not the server's.</summary>
    public string? SqlState { get; init; }
}
