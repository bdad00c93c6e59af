using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that take servers: by name, wildcard or role, or from the pipeline.</summary>
public abstract class ServerChoiceCmdlet : SiteCmdlet
{
    private readonly List<string> _names = [];

    /// <summary>The servers, by name or wildcard.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string[]? Server { get; set; }

    /// <summary>The roles; a server with any of them is meant.</summary>
    [Parameter]
    [RoleTransformation]
    public Role[]? Role { get; set; }

    /// <summary>What the user named, from the command line and the pipeline.</summary>
    private protected IReadOnlyList<string> Names => _names;

    /// <summary>Whether the user must say which servers are meant; else no word of it means all.</summary>
    private protected virtual bool MustNameServers => false;

    /// <inheritdoc/>
    protected override void ProcessRecord() => _names.AddRange(Server ?? []);

    /// <summary>The servers meant; names that the inventory does not hold are errors of their own.</summary>
    private protected IReadOnlyList<Server> ChooseServers(Site site)
    {
        // An empty pipeline means no server, not all of them.
        if (MyInvocation.ExpectingInput && _names.Count == 0)
        {
            return [];
        }

        if (MustNameServers && _names.Count == 0 && Role is null)
        {
            Try<Site>(() => throw new FoobarException("ServerRequired", ErrorKind.InvalidInput, $"{MyInvocation.MyCommand.Name} needs to be told which servers are meant.")
            {
                Recommendation = "Name them with -Server or -Role, or pipe them in; -Server * means all.",
            });
        }

        ServerSelection selection = ServerSelection.Of(site, _names, Role, Wildcards.Test);
        foreach (FoobarException unknown in selection.Unknown)
        {
            Fail(unknown);
        }

        return selection.Servers;
    }
}
