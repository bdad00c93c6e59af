using Foobar.Ops.Errors;

namespace Foobar.Ops.Planning;

/// <summary>
/// Thrown by a step's undo when others already rely on what it would take back. The operation then goes on to its end
/// from that step: half of it would be worse than either whole.
/// </summary>
public sealed class PointOfNoReturnPassedException : FoobarException
{
    /// <summary>Creates the error.</summary>
    /// <param name="errorId">What it is called in <c>docs/errors.md</c>.</param>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">Who relies on what.</param>
    public PointOfNoReturnPassedException(string errorId, ErrorKind kind, string message)
        : base(errorId, kind, message)
    {
    }
}
