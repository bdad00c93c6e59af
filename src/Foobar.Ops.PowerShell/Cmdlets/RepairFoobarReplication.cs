using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Brings a database member back as a replica of the primary.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "FoobarReplication", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RejoinResult), typeof(RejoinPreview))]
public sealed class RepairFoobarReplication : SiteCmdlet
{
    /// <summary>The member to bring back.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name")]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ServerNameTransformation]
    [ValidateNotNullOrEmpty]
    public string[]? Server { get; set; }

    /// <summary>How it logs in at the primary.</summary>
    [Parameter]
    [Credential]
    public PSCredential? ReplicationCredential { get; set; }

    /// <summary>Whether it is copied afresh though it could rejoin as it is.</summary>
    [Parameter]
    public SwitchParameter Copy { get; set; }

    /// <summary>How long its database may take to start, in minutes.</summary>
    [Parameter]
    [ValidateRange(1, 1440)]
    public int StartMinutes { get; set; } = 10;

    /// <summary>How long it may take to catch up, in minutes.</summary>
    [Parameter]
    [ValidateRange(1, 1440)]
    public int CatchUpMinutes { get; set; } = 10;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ISiteSession site = OpenSite();
        if (Server is null)
        {
            Repair(site, null);
        }

        foreach (string server in Server ?? [])
        {
            Repair(site, server);
        }
    }

    private void Repair(ISiteSession site, string? server)
    {
        using Secret? password = ReplicationCredential?.TakeSecret();
        RejoinOptions options = new()
        {
            Server = server,
            Login = password is null ? null : new DatabaseLogin(ReplicationCredential!.UserName, password),
            Copy = Copy,
            StartLimit = TimeSpan.FromMinutes(StartMinutes),
            CatchUpLimit = TimeSpan.FromMinutes(CatchUpMinutes),
        };
        RejoinPreview preview = Run((output, token) => new RejoinOperation(site).PreviewAsync(options, token));
        if (IsWhatIf())
        {
            // What stands in the way is an error when it is tried.
            foreach (FailoverBlocker blocker in preview.Blockers)
            {
                WriteWarning(blocker.ToString());
            }

            WriteObject(preview);
        }

        if (ShouldProcess(
            $"{preview.Server ?? "unknown"}, a replica of {preview.Primary ?? "unknown"}: {preview.Reason}".TrimEnd(),
            $"Bring {preview.Server ?? "an unknown member"} back as a replica of {preview.Primary ?? "an unknown primary"}{(Copy ? ", copied afresh" : "")}? {preview.Reason}"
                .TrimEnd(),
            "Repair-FoobarReplication"))
        {
            RejoinOptions confirmed = options with
            {
                Confirmed = preview is { Server: { } member, Primary: { } primary } ? new(member, primary) : null,
            };
            RejoinResult result = Run((output, token) => new RejoinOperation(site).RunAsync(confirmed, new StepProgress(output), token));
            WriteObject(result);
            if (result.Outcome != PlanOutcome.Completed)
            {
                Fail(
                    new FoobarException(
                        "RepairFailed", ErrorKind.Failed,
                        $"{result.Server} was not brought back; it takes no writes: {result.Error}")
                        {
                            Server = result.Server,
                            Recommendation =
                                $"{result.Recommendation ?? "Put right what the message names."} Then run Repair-FoobarReplication again.",
                        },
                    result);
            }
        }
    }
}
