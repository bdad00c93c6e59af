using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Failures;

/// <summary>What an error record will say, before it is one.</summary>
/// <param name="Exception">The cause, out of its wrappings.</param>
/// <param name="Id">The stable id, never empty; listed in <c>docs/errors.md</c>.</param>
/// <param name="Category">The category by which PowerShell groups errors.</param>
/// <param name="Target">What it happened on: the name of a server mostly.</param>
/// <param name="Message">What happened, naming the target.</param>
/// <param name="Recommendation">What to do about it.</param>
internal sealed record ErrorDescription(
    Exception Exception, string Id, ErrorCategory Category, object? Target, string Message, string Recommendation)
{
    /// <summary>PowerShell's record of it.</summary>
    public ErrorRecord ToErrorRecord() => new(Exception, Id, Category, Target)
    {
        ErrorDetails = new ErrorDetails(Message) { RecommendedAction = Recommendation },
    };
}
