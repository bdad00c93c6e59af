using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Shows the monitoring agents of servers: those the policy expects, and others of which there is a trace.</summary>
[Cmdlet(VerbsCommon.Get, "FoobarMonitoringAgent")]
[OutputType(typeof(MonitoringAgent))]
public sealed class GetFoobarMonitoringAgent : ServerCmdlet
{
    private readonly Lock _once = new();

    private Task<MonitoringServiceFacts>? _service;

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        Task<MonitoringServiceFacts>? service = Service(site, cancellationToken);
        AgentFacts facts = await new AgentCollector().CollectAsync(site, server, cancellationToken);
        if (!facts.Agents.TryGet(out IReadOnlyList<MonitoringAgent>? agents))
        {
            throw new FoobarException(
                "FactUnreadable", ErrorKind.Failed,
                $"{server.Name}: the monitoring agents could not be read: {facts.Agents.Failure}") { Server = server.Name };
        }

        output.WriteAll(service is null ? agents : AgentScrapes.Join(agents, server, site.Site, await service));
    }

    // Prometheus is asked once, whatever the number of servers.
    private Task<MonitoringServiceFacts>? Service(ISiteSession site, CancellationToken cancellationToken)
    {
        if (site.Site.Policy.Monitoring.Prometheus is null)
        {
            return null;
        }

        lock (_once)
        {
            return _service ??= new ServiceCollector().CollectAsync(site, site.Site.Servers[0], cancellationToken);
        }
    }
}
