using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Language;
using Foobar.Ops.Discovery.Sources;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Proposes the aliases of the OpenSSH client configuration that <c>-SshConfig</c> names, or of the user's own. Reads files at most.
/// </summary>
public sealed class SshAliasCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "An error while the user types is worse than no proposal.")]
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            string? given = (fakeBoundParameters["SshConfig"] as PSObject)?.BaseObject.ToString()
                ?? fakeBoundParameters["SshConfig"]?.ToString();
            IEnumerable<Candidate> aliases = SshConfigHosts.Read(given ?? SshConfigHosts.Own)
                .Select(static alias => new Candidate(alias, "an alias of ssh_config"));
            return
            [
                .. Completions.Matching(aliases, wordToComplete)
                    .Select(
                        static found => new CompletionResult(
                            found.Text, found.Candidate.Word, CompletionResultType.ParameterValue, found.Candidate.Tip)),
            ];
        }
        catch (Exception)
        {
            return [];
        }
    }
}
