using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Language;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// The base of completers that know the site: from the session or inventory typed so far, the connected site, or the
/// inventory that a cmdlet would find. Reads the inventory file at most, touches no network, and never throws.
/// </summary>
public abstract class SiteCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "An error while the user types is worse than no proposal.")]
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            return
            [
                .. Completions.Matching(Candidates(FindSite(fakeBoundParameters)), wordToComplete)
                    .Select(
                        found => new CompletionResult(
                            found.Text, found.Candidate.Word, CompletionResultType.ParameterValue, found.Candidate.Tip)),
            ];
        }
        catch (Exception)
        {
            return [];
        }
    }

    /// <summary>The words to propose.</summary>
    private protected abstract IEnumerable<Candidate> Candidates(Site site);

    private static Site FindSite(IDictionary bound)
    {
        if (Plain(bound["Session"]) is ISiteSession session)
        {
            return session.Site;
        }

        string? given = Plain(bound["Inventory"])?.ToString();
        return given is null && RunspaceSessions.Here.Current is { } current ? current.Site : InventoryLoader.Load(Locate(given));
    }

    private static string Locate(string? given)
    {
        // The runspace is busy completing; only a nested pipeline may ask it for its current folder.
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        string folder = shell.AddScript("(Get-Location -PSProvider FileSystem).ProviderPath").Invoke<string>()[0];
        string? home = given is ['~', ..] ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + given[1..] : given;
        return InventoryLoader.Locate(home, Environment.GetEnvironmentVariable(InventoryLoader.EnvironmentVariable), folder);
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}

/// <summary>Proposes the names of servers.</summary>
public sealed class ServerNameCompleter : SiteCompleter
{
    private protected override IEnumerable<Candidate> Candidates(Site site) =>
        site.Servers.Select(server => new Candidate(server.Name, $"{server.Name}: {string.Join(", ", server.Roles)}"));
}

/// <summary>Proposes what a site's servers are called: servers, roles, networks.</summary>
public class TargetCompleter : SiteCompleter
{
    private protected override IEnumerable<Candidate> Candidates(Site site) =>
    [
        .. site.Servers.Select(static server => new Candidate(server.Name, $"{server.Name}: {string.Join(", ", server.Roles)}")),
        .. site.Servers.SelectMany(static server => server.Roles)
            .Distinct()
            .Select(role => new Candidate(InventoryWord.Of(role), $"role: {string.Join(", ", site.WithRole(role))}")),
        .. site.Networks.Select(static network => new Candidate(network.Key, $"network: {string.Join(", ", network.Value)}")),
    ];
}

/// <summary>Proposes the vantages to probe from: this machine, those of the inventory, servers, roles, networks.</summary>
public sealed class VantageCompleter : TargetCompleter
{
    private protected override IEnumerable<Candidate> Candidates(Site site) =>
        base.Candidates(site)
            .Prepend(new Candidate(FlowResolver.Internet, "the vantages that stand for it"))
            .Where(
                candidate =>
                    candidate.Word != FlowResolver.Internet
                        || site.Vantages.Any(static vantage => vantage.StandsFor == FlowResolver.Internet))
            .Concat(site.Vantages.Select(static vantage => new Candidate(vantage.Name, $"vantage: {vantage.StandsFor}")))
            .Prepend(new Candidate(LocalVantage.OwnMachine, "this machine")).DistinctBy(
                static candidate => candidate.Word, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Proposes the monitoring services that can be sent to.</summary>
public sealed class ReceivingServiceCompleter : SiteCompleter
{
    private protected override IEnumerable<Candidate> Candidates(Site site) =>
        site.Policy.Monitoring.AllServices.Where(static service => service.CanBeSentTo)
            .Select(static service => new Candidate(service.Name, InventoryWord.Of(service.Kind)));
}

/// <summary>Proposes the monitoring services that can be asked.</summary>
public sealed class AskedServiceCompleter : SiteCompleter
{
    private protected override IEnumerable<Candidate> Candidates(Site site) =>
        site.Policy.Monitoring.AllServices.Where(static service => service.CanBeAsked)
            .Select(static service => new Candidate(service.Name, InventoryWord.Of(service.Kind)));
}
