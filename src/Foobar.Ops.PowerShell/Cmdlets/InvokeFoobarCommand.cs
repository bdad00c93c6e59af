using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Runs a command in the POSIX shell of servers, on all at once.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "FoobarCommand", SupportsShouldProcess = true)]
[OutputType(typeof(CommandOutput))]
public sealed class InvokeFoobarCommand : ServerCmdlet
{
    /// <summary>The command or script.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Command { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    [ValidateNotNullOrEmpty]
    public override string[]? Server { get; set; }

    /// <summary>The words that the script has as $1, $2 and so on.</summary>
    [Parameter]
    [AllowEmptyString]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>What the command reads on standard input.</summary>
    [Parameter]
    [StandardInputTransformation]
    public byte[] StandardInput { get; set; } = [];

    /// <summary>Whether the command runs as root.</summary>
    [Parameter]
    public SwitchParameter AsRoot { get; set; }

    /// <summary>Whether an exit code other than 0 is an error.</summary>
    [Parameter]
    public SwitchParameter FailOnExitCode { get; set; }

    private protected override bool MustNameServers => true;

    private protected override bool Approve(Server server) =>
        ShouldProcess(server.Name, $"Run{(AsRoot ? " as root" : string.Empty)}: {LogText.Shorten(Command)}");

    private protected override async Task ProcessServerAsync(
        ISiteSession site, Server server, CmdletOutput output, CancellationToken cancellationToken)
    {
        // A script typed on Windows has line ends that a POSIX shell takes for part of a word.
        RemoteCommand command = RemoteCommand.FromScript(Command.ReplaceLineEndings("\n"), ArgumentList) with
        {
            Privileged = AsRoot,
            Input = StandardInput,
            TimeLimit = TimeSpan.FromSeconds(TimeoutSeconds),
            TakesBeginning = true,
        };
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        CommandResult given = await session.RunAsync(command, cancellationToken);
        CommandOutput result = CommandOutput.Of(given, Command);
        output.Write(result);
        if (result.Truncated)
        {
            // The beginning was written above: nothing that came is lost.
            output.Fail(given.TooMuch(command));
        }

        if (FailOnExitCode && result.ExitCode != 0)
        {
            output.Fail(NotZero(result));
        }
    }

    private static FoobarException NotZero(CommandOutput result)
    {
        string said = result.Error.Length == 0 ? string.Empty : $": {LogText.Shorten(result.Error)}";
        return new(
            "ExitCodeNotZero", ErrorKind.Failed,
            $"{result.Server}: '{LogText.Shorten(result.Command)}' ended with exit code {result.ExitCode}{said}")
        {
            Server = result.Server,
            Recommendation = "See the command's Output and Error; leave -FailOnExitCode out to take exit codes as data.",
        };
    }
}
