using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Compares what the tables of replicas hold with the primary's, row by row by digest, and names the rows that differ.</summary>
[Cmdlet(VerbsData.Compare, "FoobarReplication")]
[OutputType(typeof(TableComparison))]
public sealed class CompareFoobarReplication : ServerChoiceCmdlet
{
    /// <summary>The tables, by schema and name; wildcards are possible.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = ["*"];

    /// <summary>The tables to leave out.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] ExcludeTable { get; set; } = [];

    /// <summary>How much of each table is compared, in percent of its chunks.</summary>
    [Parameter]
    [ValidateRange(0.01, 100.0)]
    public double SamplePercent { get; set; } = 100;

    /// <summary>How long a chunk may take the primary, in milliseconds.</summary>
    [Parameter]
    [ValidateRange(1, 10000)]
    public int ChunkMilliseconds { get; set; } = 100;

    /// <summary>While more threads than these run statements on the primary, the comparison waits.</summary>
    [Parameter]
    [ValidateRange(1, 100000)]
    public int MaxThreadsRunning { get; set; } = 25;

    /// <summary>How long is waited at one place for a replica to catch up or for the load to go down, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = 300;

    /// <summary>How many differing rows are named, of each table and replica.</summary>
    [Parameter]
    [ValidateRange(0, 10000)]
    public int MaxKeys { get; set; } = 100;

    /// <summary>Goes on with a comparison that did not end.</summary>
    [Parameter]
    public SwitchParameter Resume { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IReadOnlyList<Server> servers = ChooseServers(FindSite());
        if (servers.Count == 0)
        {
            return;
        }

        ISiteSession site = OpenSite();
        ComparisonOptions options = new()
        {
            Tables = name =>
                Array.Exists(Table, pattern => Matches(pattern, name)) && !Array.Exists(ExcludeTable, pattern => Matches(pattern, name)),
            Replicas = Names.Count == 0 && Role is null ? [] : [.. servers.Select(static server => server.Name)],
            SamplePercent = SamplePercent,
            ChunkTime = TimeSpan.FromMilliseconds(ChunkMilliseconds),
            MostThreadsRunning = MaxThreadsRunning,
            Patience = TimeSpan.FromSeconds(TimeoutSeconds),
            MostKeys = MaxKeys,
            Resume = Resume,
        };
        Run(async (output, token) =>
        {
            DataComparison comparison = new(site, options, OperationStore.Of(site.Site))
            {
                Doing = output.Progress.Report,
                Tell = output.Verbose,
                Failed = error => output.Fail(error),
            };
            await comparison.RunAsync(output.Write, token);
        });
    }

    private static bool Matches(string pattern, string name) => new WildcardPattern(pattern, WildcardOptions.IgnoreCase).IsMatch(name);
}
