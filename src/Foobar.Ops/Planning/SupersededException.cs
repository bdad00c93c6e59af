using Foobar.Ops.Errors;

namespace Foobar.Ops.Planning;

/// <summary>
/// Thrown by a step when somebody else has taken the operation's place. Nothing more may be done then, neither forward nor
/// back: what is there now is the other one's.
/// </summary>
public sealed class SupersededException : FoobarException
{
    /// <summary>Creates the error.</summary>
    /// <param name="errorId">What it is called in <c>docs/errors.md</c>.</param>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">By whom.</param>
    public SupersededException(string errorId, ErrorKind kind, string message)
        : base(errorId, kind, message)
    {
    }
}
