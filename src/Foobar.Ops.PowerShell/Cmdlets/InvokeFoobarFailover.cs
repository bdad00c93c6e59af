using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Moves writes from one database member to another.</summary>
[Cmdlet(
    VerbsLifecycle.Invoke,
    "FoobarFailover",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = "Failover")]
[OutputType(typeof(FailoverResult), typeof(FailoverPreview))]
public sealed class InvokeFoobarFailover : FailoverCmdlet
{
    /// <summary>The member that shall become the primary.</summary>
    [Parameter(Position = 0, ParameterSetName = "Failover")]
    [Parameter(Position = 0, ParameterSetName = "Emergency")]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? To { get; set; }

    /// <summary>Whether the primary is dead and a replica shall take its place.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Emergency")]
    public SwitchParameter Emergency { get; set; }

    /// <summary>Whether acknowledged writes may be lost where that can't be excluded.</summary>
    [Parameter(ParameterSetName = "Emergency")]
    public SwitchParameter AcceptDataLoss { get; set; }

    /// <summary>The database account of a canary that writes through the application's path meanwhile.</summary>
    [Parameter(ParameterSetName = "Failover")]
    [Credential]
    public PSCredential? CanaryCredential { get; set; }

    /// <summary>How often the canary writes, in milliseconds.</summary>
    [Parameter(ParameterSetName = "Failover")]
    [ValidateRange(1, 1000)]
    public int CanaryIntervalMilliseconds { get; set; } = 5;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        if (Emergency && ClusterOperation.Serves(site.Site))
        {
            FoobarException refused = new(
                "EmergencyNotForClusters", ErrorKind.InvalidInput,
                $"The members of {site.Site.Name} form a cluster, which has nothing to lose with one of them.")
            {
                Recommendation =
                    "Invoke-FoobarFailover without -Emergency leads the writes from a dead member to one that is in the majority.",
            };
            Fail(refused, site.Site.Name);
        }
        else if (Emergency)
        {
            ActInEmergency(site);
        }
        else
        {
            SwitchOver(site);
        }
    }

    private void SwitchOver(ISiteSession site)
    {
        bool isCluster = ClusterOperation.Serves(site.Site);
        FailoverPreview preview = Run(
            (_, token) =>
                isCluster
                    ? new ClusterOperation(site).PreviewAsync(Options(), token)
                    : new SwitchoverOperation(site).PreviewAsync(Options(), token));
        Tell(preview);
        if (ShouldProcess(
            $"{preview.OldPrimary ?? "unknown"} -> {preview.NewPrimary ?? "unknown"}: {preview.Summary}",
            $"{preview.Summary}? -WhatIf shows the steps.", "Invoke-FoobarFailover"))
        {
            using Secret? canary = CanaryCredential?.TakeSecret();

            // What was chosen by rule stays chosen.
            FailoverOptions asked = Options() with { To = To ?? preview.NewPrimary, Confirmed = Move(preview) };
            FailoverOptions options = canary is null ? asked : asked with
            {
                Canary = new DatabaseLogin(CanaryCredential!.UserName, canary),
                CanaryInterval = TimeSpan.FromMilliseconds(CanaryIntervalMilliseconds),
            };
            Perform(
                (progress, token) =>
                    isCluster
                        ? new ClusterOperation(site).RunAsync(options, progress, token)
                        : new SwitchoverOperation(site).RunAsync(options, progress, token));
        }
    }

    // The survey is most of the outage that is left: without a plan to show it is taken once, inside the operation.
    private void ActInEmergency(ISiteSession site)
    {
        string plan =
            $"{site.Site.Name}: Emergency failover{(To is null ? "" : $" to {To}")}: if the primary is dead, fence it and put a replica in "
                + "its place";
        string question = $"{plan}?";
        if (IsWhatIf())
        {
            FailoverPreview preview = Run((_, token) => new FailoverOperation(site).PreviewAsync(Options(), token));
            Tell(preview);
            plan = $"{site.Site.Name}: {preview.OldPrimary} -> {preview.NewPrimary}: {preview.Summary}";
        }

        if (ShouldProcess(plan, question, "Invoke-FoobarFailover"))
        {
            Perform((progress, token) => new FailoverOperation(site).RunAsync(Options(), progress, token));
        }
    }

    // With -WhatIf the plan is all that there is; what stands in the way is an error when it is tried.
    private void Tell(FailoverPreview preview)
    {
        foreach (FailoverBlocker told in IsWhatIf() ? [.. preview.Blockers, .. preview.Warnings] : preview.Warnings)
        {
            WriteWarning(told.ToString());
        }

        if (IsWhatIf())
        {
            WriteObject(preview);
        }
    }

    private static ConfirmedMove? Move(FailoverPreview preview) =>
        preview is { OldPrimary: { } old, NewPrimary: { } candidate } ? new(old, candidate) : null;

    private FailoverOptions Options() => Limits() with { To = To, AcceptDataLoss = AcceptDataLoss };
}
