using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.PowerShell.Sites;

/// <summary>The base of cmdlets that log in on servers.</summary>
public abstract class LoginCmdlet : AsyncCmdlet
{
    /// <summary>The database login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? DatabaseCredential { get; set; }

    /// <summary>The SSH login: user and password, or user and passphrase of the key.</summary>
    [Parameter]
    [Credential]
    public PSCredential? SshCredential { get; set; }

    /// <summary>What carries the SSH connections.</summary>
    [Parameter]
    public SshTransport SshTransport { get; set; }
}
