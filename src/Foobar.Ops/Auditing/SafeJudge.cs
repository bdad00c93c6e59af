using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>Applies a control so that a mistake in one judge is an Unknown finding of that control and costs no other finding.</summary>
internal static class SafeJudge
{
    /// <summary>The findings of a control; never empty.</summary>
    public static IReadOnlyList<Finding> Apply<TFacts>(Control<TFacts> control, TFacts facts, string? server, DateTimeOffset time)
    {
        try
        {
            Finding[] findings = [.. control.Apply(facts, server, time)];
            return findings.Length > 0 ? findings : [Undecided("The control gave no verdict; this is a mistake in the module.")];
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            return
            [
                Undecided(
                    $"The control ended with {exception.GetType().Name}: {exception.Message} This is a mistake in the module; please "
                        + "report it."),
            ];
        }

        Finding Undecided(string reason) => control.Info.ToFinding(Verdict.Unknown(null, reason), server, time);
    }
}
