namespace Foobar.Ops.Errors;

/// <summary>
/// What kind of failure an error is, so that one place can map it to a category of the host (PowerShell's <c>ErrorCategory</c>).
/// </summary>
public enum ErrorKind
{
    /// <summary>What was given is not usable: an argument, an inventory, a file.</summary>
    InvalidInput,

    /// <summary>What was named does not exist.</summary>
    NotFound,

    /// <summary>A server or an endpoint could not be reached, or the connection was lost.</summary>
    Connection,

    /// <summary>An identity could not be proved: a host key, a login.</summary>
    Authentication,

    /// <summary>The login is good, but may not do what was asked.</summary>
    Permission,

    /// <summary>A time limit ran out.</summary>
    Timeout,

    /// <summary>What a server sent could not be understood.</summary>
    InvalidData,

    /// <summary>The operation was refused because it would do harm, or the setup is not in a state for it.</summary>
    Refused,

    /// <summary>The operation began and could not be finished.</summary>
    Failed,
}

/// <summary>
/// The base of every error this library throws on purpose. It carries a stable id (listed in <c>docs/errors.md</c>), the
/// server it happened on where there is one, and what to do about it.
/// </summary>
public class FoobarException : Exception
{
    /// <summary>Creates an error.</summary>
    /// <param name="errorId">The stable id, in Pascal case: <c>HostKeyChanged</c>.</param>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">What happened, naming the server, the source and what was expected.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public FoobarException(string errorId, ErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorId = errorId;
        Kind = kind;
    }

    /// <summary>The stable id of the error, never empty and never reused.</summary>
    public string ErrorId { get; }

    /// <summary>What kind of failure it is.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The name of the server it happened on, or <see langword="null"/> if it is of none.</summary>
    public string? Server { get; init; }

    /// <summary>What the user can do about it, one or two sentences.</summary>
    public string? Recommendation { get; init; }
}
