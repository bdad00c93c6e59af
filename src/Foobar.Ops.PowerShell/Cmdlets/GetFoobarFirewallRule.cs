using System.Management.Automation;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Lists the rules of the servers' firewalls, those that run or those that the next boot loads.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarFirewallRule")]
[OutputType(typeof(FirewallRule), typeof(FirewallSummary))]
public sealed class GetFoobarFirewallRule : ServerCmdlet
{
    /// <summary>The tables, by name or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = ["*"];

    /// <summary>The chains, by name or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Chain { get; set; } = ["*"];

    /// <summary>Whether the rules that the next boot loads are meant.</summary>
    [Parameter]
    public SwitchParameter Persisted { get; set; }

    /// <summary>
    /// Whether each server's chains, listening sockets, forwarding and boot configuration are wanted instead of its rules.
    /// </summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        FirewallFacts facts = await new FirewallCollector().CollectAsync(site, server, cancellationToken);
        if (Summary)
        {
            output.Write(FirewallSummary.Of(facts, server, Persisted));
            return;
        }

        output.WriteAll(FirewallRules.Of(facts, server, Persisted).Where(rule => Named(Table, rule.Table) && Named(Chain, rule.Chain)));
    }

    private static bool Named(string[] patterns, string name) =>
        Array.Exists(patterns, pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name));
}
