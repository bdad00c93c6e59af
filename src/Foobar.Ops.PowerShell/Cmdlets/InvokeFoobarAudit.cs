using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Holds the site against every control: reads all servers at once, or a saved snapshot, and gives findings.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "FoobarAudit")]
[OutputType(typeof(Finding))]
public sealed class InvokeFoobarAudit : SnapshotCmdlet
{
    // All that was found, and what of it is new or not filtered out.
    private readonly List<Finding> _findings = [];

    private readonly List<Finding> _counted = [];

    private readonly List<string> _inventories = [];

    private readonly List<string> _missing = [];

    private readonly List<(string Site, string Server)> _unread = [];

    private bool _namesInventory;

    private Baseline? _baseline;

    /// <summary>The servers, by name or wildcard.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation(LeavesFiles = true)]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public override string[]? Server { get; set; }

    /// <summary>The path of the inventory to use; several, one after the other, through the pipeline.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("FullName", "PSPath")]
    [InventoryTransformation]
    public override string? Inventory { get; set; }

    /// <summary>The areas whose controls are meant.</summary>
    [Parameter]
    public Area[] Area { get; set; } = [];

    /// <summary>The controls that are meant, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    public string[] Control { get; set; } = [];

    /// <summary>The controls that are left out, by id or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ControlIdCompleter))]
    public string[] ExcludeControl { get; set; } = [];

    /// <summary>The severities of the controls that are meant.</summary>
    [Parameter]
    public Severity[] Severity { get; set; } = [];

    /// <summary>The statuses whose findings are given.</summary>
    [Parameter]
    public FindingStatus[] Status { get; set; } = [];

    /// <summary>Earlier findings, beside which only what is new or mended is given.</summary>
    [Parameter]
    [BaselineTransformation]
    public BaselineSource? Baseline { get; set; }

    /// <summary>A snapshot, or the path of a saved one, to judge instead of the live site.</summary>
    [Parameter]
    [SnapshotTransformation]
    public SnapshotSource? Snapshot { get; set; }

    /// <summary>The statuses that make the audit fail.</summary>
    [Parameter]
    public FindingStatus[]? FailOn { get; set; }

    /// <summary>The lowest severity at which -FailOn makes the audit fail.</summary>
    [Parameter]
    public Severity MinimumSeverity { get; set; } = Findings.Severity.Info;

    /// <summary>The variable that is set to the exit code for a pipeline.</summary>
    [Parameter]
    [ValidatePattern("^((global|script|local):)?[A-Za-z_][A-Za-z0-9_]*$")]
    public string? ExitCodeVariable { get; set; }

    private protected override AuditScope Controls => new()
    {
        Areas = Area ?? [],
        Severities = Severity ?? [],
        Controls = ControlIds.Expand(Control),
        ExcludedControls = ControlIds.Expand(ExcludeControl),
    };

    private bool Gates => IsGiven(nameof(FailOn));

    // Files in the pipeline name inventories, not servers.
    private protected override bool AwaitsServers => base.AwaitsServers && _inventories.Count == 0;

    // Whatever ends the audit before it has judged, it has not passed.
    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _namesInventory = IsGiven(nameof(Inventory));
        SetExitCode(ExitCodeVariable, AuditVerdict.NotJudged);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!_namesInventory && Inventory is { } path)
        {
            _inventories.Add(path);
        }

        base.ProcessRecord();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        AuditGate gate = Gates ? Try(Gate) : new AuditGate { Statuses = [] };
        _baseline = Baseline is null ? null : Try(() => new Baseline(Baseline.Load(Controls)));
        JudgeAll();

        // The findings stand in the pipeline by now; a script that is to stop does so here.
        AuditVerdict verdict = gate.Judge(_findings, _missing) with
        {
            Stopping = [.. _counted.Where(gate.Stops)],
            Unread = _unread,
        };
        SetExitCode(ExitCodeVariable, verdict.ExitCode);
        if (Gates && verdict.Error is { } error)
        {
            Try<int>(() => throw error);
        }
    }

    private protected override async Task<SnapshotResult> ReadAsync(
        ISiteSession site, AuditScope scope, CollectOptions options, CmdletOutput output, CancellationToken cancellationToken)
    {
        AuditProfile? profile = IsVerbose() ? new AuditProfile() : null;
        List<Finding> found = [];
        long began = Stopwatch.GetTimestamp();
        SnapshotResult result = await new LiveAudit(site, scope, options with { Profile = profile }).RunAsync(
            findings =>
            {
                found.AddRange(findings);
                Write(findings, output);
            },
            cancellationToken);
        Finish(found, result.Snapshot, scope, output);
        if (profile is not null)
        {
            output.Verbose(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{site.Site.Name}: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms\n{profile}"));
        }

        return result;
    }

    // The findings were written as they were decided.
    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
    }

    private void Write(IReadOnlyList<Finding> findings, CmdletOutput output)
    {
        Finding[] counted = [.. _baseline?.New(findings) ?? findings];
        _counted.AddRange(counted);
        output.WriteAll(counted.Where(IsMeant));
    }

    private void Finish(List<Finding> findings, Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
        _findings.AddRange(findings);
        _unread.AddRange(Audit.Unread(snapshot, scope).Select(server => (snapshot.Site.Name, server.Name)));
        output.WriteAll(_baseline?.Mended(findings, Audit.AllRead(snapshot, scope)).Where(IsMeant) ?? []);
    }

    private bool IsMeant(Finding finding) => Status is null or { Length: 0 } || Status.Contains(finding.Status);

    private void JudgeAll()
    {
        if (_inventories.Count == 0)
        {
            Judge();
            return;
        }

        if (Session is not null || Snapshot is not null)
        {
            Try<int>(
                () => throw new FoobarException(
                    "InventoryNotUsed", ErrorKind.InvalidInput,
                    "Inventories came through the pipeline, and -Session or -Snapshot was given, which have their own.")
                {
                    Recommendation = "Leave one of them out.",
                });
        }

        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in _inventories.Distinct(StringComparer.Ordinal))
        {
            if (TryName(path) is not { } name)
            {
                _missing.Add(path);
                continue;
            }

            if (!names.TryAdd(name, path))
            {
                WriteWarning($"{names[name]} and {path} both name their site {name}: their findings can't be told apart.");
            }

            Inventory = path;
            Judge();
        }
    }

    // An inventory that can't be used costs its own site, and the others go on.
    private string? TryName(string path)
    {
        try
        {
            return InventoryLoader.Load(path).Name;
        }
        catch (FoobarException error)
        {
            Fail(error, path);
            return null;
        }
    }

    private void Judge()
    {
        if (Snapshot is null)
        {
            base.EndProcessing();
            _missing.AddRange(NotFound);
            return;
        }

        Snapshot snapshot = Try(Snapshot.Load);
        IReadOnlyList<Server> servers = ChooseServers(snapshot.Site);
        _missing.AddRange(NotFound);
        if (servers.Count > 0)
        {
            AuditScope scope = Narrow(Controls, snapshot.Site, servers);
            Run((output, _) =>
            {
                List<Finding> findings = [.. Audit.Judge(snapshot, scope)];
                Write(findings, output);
                Finish(findings, snapshot, scope, output);
                return Task.CompletedTask;
            });
        }
    }

    private AuditGate Gate() => FailOn is { Length: > 0 }
        ? new AuditGate { Statuses = FailOn, MinimumSeverity = MinimumSeverity }
        : throw new FoobarException("FailOnEmpty", ErrorKind.InvalidInput, "-FailOn was given no status, so nothing could fail the audit.")
        {
            Recommendation = "Name the statuses that fail it: -FailOn Fail, Unknown.",
        };
}
