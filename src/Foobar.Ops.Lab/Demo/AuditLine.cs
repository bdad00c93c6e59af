namespace Foobar.Ops.Lab.Demo;

/// <summary>What one control said of one target; a <c>Finding</c> as far as the demonstration judges it.</summary>
/// <param name="ControlId">The control.</param>
/// <param name="Status">What it said: <c>Pass</c>, <c>Fail</c>, ...</param>
internal sealed record AuditLine(string ControlId, string Status)
{
    /// <summary>Whether it says that something is wrong or could not be decided.</summary>
    public bool IsTrouble => Status is "Fail" or "Unknown";
}
