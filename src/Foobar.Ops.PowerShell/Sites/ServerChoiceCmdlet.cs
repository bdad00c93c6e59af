using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that take servers: by name, wildcard or role, or from the pipeline.</summary>
public abstract class ServerChoiceCmdlet : SiteCmdlet
{
    private readonly List<string> _names = [];
    private bool _emptyGiven;

    /// <summary>The servers, by name or wildcard.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public virtual string[]? Server { get; set; }

    /// <summary>The roles; a server with any of them is meant.</summary>
    [Parameter]
    [RoleTransformation]
    public Role[]? Role { get; set; }

    /// <summary>What the user named, from the command line and the pipeline.</summary>
    private protected IReadOnlyList<string> Names => _names;

    /// <summary>Whether the user must say which servers are meant; else no word of it means all.</summary>
    private protected virtual bool MustNameServers => false;

    /// <summary>Whether what comes through the pipeline is to name the servers.</summary>
    private protected virtual bool AwaitsServers => MyInvocation.ExpectingInput;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _emptyGiven |= IsGiven(nameof(Server)) && Server is null or { Length: 0 };
        _names.AddRange(Server ?? []);
    }

    /// <summary>The names given that the inventory does not hold; known once servers were chosen.</summary>
    private protected IReadOnlyList<string> NotFound { get; private set; } = [];

    /// <summary>The servers meant; names that the inventory does not hold are errors of their own.</summary>
    private protected IReadOnlyList<Server> ChooseServers(Site site) => Try(() => Choose(site));

    /// <summary>
    /// The session's own servers of these names: one that was opened just now has read the inventory again, and flows and maps are compared
    /// with them.
    /// </summary>
    private protected static IReadOnlyList<Server> OwnOf(ISiteSession session, IReadOnlyList<Server> servers) =>
        [.. servers.Select(server => session.Site.Find(server.Name) ?? server)];

    private IReadOnlyList<Server> Choose(Site site)
    {
        // A variable that is empty, since its name is mistyped, must not mean all servers.
        if (_emptyGiven)
        {
            throw Refusal("-Server was given nothing.");
        }

        // An empty pipeline means no server, not all of them.
        if (AwaitsServers && _names.Count == 0)
        {
            return [];
        }

        if (MustNameServers && _names.Count == 0 && Role is null)
        {
            throw Refusal($"{MyInvocation.MyCommand.Name} needs to be told which servers are meant.");
        }

        ServerSelection selection = ServerSelection.Of(site, _names, Role, Wildcards.Test);
        foreach (FoobarException unknown in selection.Unknown)
        {
            Fail(unknown);
        }

        NotFound = [.. selection.Unknown.Select(unknown => unknown.Server!)];

        return selection.Servers;
    }

    private static FoobarException Refusal(string problem) => new("ServerRequired", ErrorKind.InvalidInput, problem)
    {
        Recommendation = "Name servers with -Server or -Role, or pipe them in; -Server * means all.",
    };
}
