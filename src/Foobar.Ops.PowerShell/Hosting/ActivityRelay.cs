using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// Tells <c>-Verbose</c> what runs where. Sessions live longer than cmdlets, so what a session reports goes to the cmdlet
/// on whose behalf it works: the one whose work the report comes from.
/// </summary>
internal sealed class ActivityRelay : IActivityLog
{
    private static readonly AsyncLocal<CmdletOutput?> Working = new();

    /// <summary>The one relay of all sessions.</summary>
    public static ActivityRelay Shared { get; } = new();

    /// <summary>Sends what the calling work and all it starts reports to an output.</summary>
    public static void SendTo(CmdletOutput output) => Working.Value = output;

    /// <inheritdoc/>
    public void Record(Activity activity) =>
        Working.Value?.Verbose($"{activity.Server}: {Words(activity.Kind)} {LogText.Shorten(activity.Text)}");

    private static string Words(ActivityKind kind) => kind switch
    {
        ActivityKind.Connect => "connecting:",
        ActivityKind.Disconnect => "disconnecting:",
        ActivityKind.Command => "running:",
        ActivityKind.Forward => "forwarding to",
        ActivityKind.DatabaseOpen => "opening a database connection:",
        ActivityKind.Statement => "SQL:",
        ActivityKind.Request => "asking:",
        _ => $"{kind}:",
    };
}
