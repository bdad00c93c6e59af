using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the monitoring agents of servers: those the policy expects, and others that are installed.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarMonitoringAgent")]
[OutputType(typeof(MonitoringAgent))]
public sealed class GetFoobarMonitoringAgent : ServerCmdlet
{
    private protected override async Task ProcessServerAsync(ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        AgentFacts facts = await new AgentCollector().CollectAsync(site, server, cancellationToken);
        output.WriteAll(facts.Agents.TryGet(out IReadOnlyList<MonitoringAgent>? agents)
            ? agents
            : throw new FoobarException("FactUnreadable", ErrorKind.Failed, $"{server.Name}: the monitoring agents could not be read: {facts.Agents.Failure}") { Server = server.Name });
    }
}
