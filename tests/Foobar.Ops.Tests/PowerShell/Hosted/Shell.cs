using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Foobar.Ops.PowerShell.Cmdlets;
using Foobar.Ops.PowerShell.Hosting;
using PowerShellCommand = System.Management.Automation.PowerShell;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>
/// A runspace in the test's own process with all cmdlets, types and views of the module, and cmdlets of the tests that do the work a test
/// gives them. Errors, warnings and all else are seen as a user's script would see them.
/// </summary>
internal sealed class Shell : IDisposable
{
    private static readonly Type[] Shipped =
    [
        .. typeof(GetFoobarServer).Assembly.GetExportedTypes().Where(type => type.IsDefined(typeof(CmdletAttribute), inherit: false)),
    ];
    private static readonly Type[] OfTests =
    [
        typeof(InvokeWork), typeof(InvokeTry), typeof(SetThing), typeof(GetDeclared), typeof(GetPlace),
    ];

    private readonly Runspace _runspace;

    public Shell()
    {
        InitialSessionState state = InitialSessionState.CreateDefault();
        foreach (Type type in Shipped.Concat(OfTests))
        {
            CmdletAttribute attribute = type.GetCustomAttributes(typeof(CmdletAttribute), inherit: false).Cast<CmdletAttribute>().Single();
            state.Commands.Add(new SessionStateCmdletEntry($"{attribute.VerbName}-{attribute.NounName}", type, null));
        }

        foreach (string types in Directory.EnumerateFiles(Repository.PathOf("module"), "*.Types.ps1xml"))
        {
            state.Types.Add(new SessionStateTypeEntry(types));
        }

        foreach (string formats in Repository.ManifestList("FormatsToProcess"))
        {
            state.Formats.Add(new SessionStateFormatEntry(Repository.PathOf("module", formats)));
        }

        _runspace = RunspaceFactory.CreateRunspace(Host, state);
        _runspace.Open();
    }

    /// <summary>Who answers questions; nobody may ask unless a test has prepared answers.</summary>
    public ShellHost Host { get; } = new();

    /// <summary>Gives a script a variable.</summary>
    public Shell Set(string name, object? value)
    {
        _runspace.SessionStateProxy.SetVariable(name, value);
        return this;
    }

    /// <summary>Gives a script the work that Invoke-Work does, as $work.</summary>
    public Shell Work(Func<CmdletOutput, CancellationToken, Task> work) => Set("work", work);

    /// <summary>Runs a script to its end.</summary>
    public ShellRun Run(string script) => Start(script).End();

    /// <summary>Begins a script; the caller ends it.</summary>
    public ShellRun Start(string script)
    {
        PowerShellCommand shell = PowerShellCommand.Create(_runspace);
        return new ShellRun(shell.AddScript(script));
    }

    /// <summary>What completion proposes at the end of a line.</summary>
    public IReadOnlyList<string> Complete(string line)
    {
        using PowerShellCommand shell = PowerShellCommand.Create(_runspace);
        return [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(match => match.CompletionText)];
    }

    public void Dispose() => _runspace.Dispose();
}
