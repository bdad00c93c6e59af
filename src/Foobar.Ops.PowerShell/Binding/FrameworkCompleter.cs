using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Proposes the frameworks that controls map to.</summary>
public sealed class FrameworkCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Matching(
            ControlReferences.Frameworks.Select(framework => new Candidate(framework.Name, $"{framework.FullName} {framework.Version}")),
            wordToComplete)
            .Select(
                found => new CompletionResult(found.Text, found.Candidate.Word, CompletionResultType.ParameterValue, found.Candidate.Tip));
}

/// <summary>Proposes the requirements that controls map to.</summary>
public sealed class ReferenceCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Matching(
            AuditRegistry.Controls.SelectMany(control => control.References)
                .Distinct()
                .Select(reference => new Candidate(reference.ToString(), reference.Title)),
            wordToComplete)
            .Select(
                found => new CompletionResult(found.Text, found.Candidate.Word, CompletionResultType.ParameterValue, found.Candidate.Tip));
}
