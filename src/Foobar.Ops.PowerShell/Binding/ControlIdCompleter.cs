using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Foobar.Ops.Auditing;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Proposes the ids of controls.</summary>
public sealed class ControlIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Matching(AuditRegistry.Controls.Select(control => new Candidate(control.Id, control.Title)), wordToComplete)
            .Select(
                found => new CompletionResult(found.Text, found.Candidate.Word, CompletionResultType.ParameterValue, found.Candidate.Tip));
}
