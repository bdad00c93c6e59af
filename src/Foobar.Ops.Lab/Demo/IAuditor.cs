namespace Foobar.Ops.Lab.Demo;

/// <summary>Audits a lab, in one of the ways a user would.</summary>
internal interface IAuditor
{
    /// <summary>What is used, for the user to read.</summary>
    string Name { get; }

    /// <summary>What <c>Import-Module</c> takes on this machine: the staged manifest, or the module's name where it is not staged.</summary>
    string Module { get; }

    /// <summary>Audits the site of an inventory with every control.</summary>
    /// <exception cref="Host.LabException">The audit could not be made.</exception>
    Task<IReadOnlyList<AuditLine>> AuditAsync(string inventory, CancellationToken cancel);
}

/// <summary>What one control said of one target; a <c>Finding</c> as far as the demonstration shows it.</summary>
/// <param name="ControlId">The control.</param>
/// <param name="Title">Its rule.</param>
/// <param name="Status">What it said: <c>Pass</c>, <c>Fail</c>, ...</param>
/// <param name="Server">The server.</param>
/// <param name="Target">What on it.</param>
/// <param name="Expected">What should be.</param>
/// <param name="Actual">What is.</param>
internal sealed record AuditLine(string ControlId, string Title, string Status, string? Server, string? Target, string? Expected, string? Actual)
{
    /// <summary>Whether it says that something is wrong or could not be decided.</summary>
    public bool IsTrouble => Status is "Fail" or "Unknown";
}
