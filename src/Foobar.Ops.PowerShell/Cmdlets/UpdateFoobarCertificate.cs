using System.Management.Automation;
using System.Security;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Installs a certificate on every place of the site that serves it, without a dropped handshake, or brings back what the last
/// change replaced.
/// </summary>
[Cmdlet(
    VerbsData.Update,
    "FoobarCertificate",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High,
    DefaultParameterSetName = InstallSet)]
[OutputType(typeof(CertificateChangeResult), typeof(CertificateChangePreview))]
public sealed class UpdateFoobarCertificate : ServerChoiceCmdlet
{
    private const string InstallSet = "Install";

    private const string UndoSet = "Undo";

    /// <summary>The file with the certificate, or an ACME client's directory.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InstallSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>The file with the key, where it is another.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [ValidateNotNullOrEmpty]
    public string? KeyPath { get; set; }

    /// <summary>The path of the key on the servers.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [ValidateNotNullOrEmpty]
    public string? ServerKeyPath { get; set; }

    /// <summary>Which certificate of a directory that holds several.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [ValidateNotNullOrEmpty]
    public string? CertificateName { get; set; }

    /// <summary>What the key or the store is encrypted with.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [PassphraseTransformation]
    public SecureString? Passphrase { get; set; }

    /// <summary>The files on the servers that alone are replaced.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Place { get; set; } = [];

    /// <summary>The PEM file with the authorities that the chain must lead to.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    [ValidateNotNullOrEmpty]
    public string? TrustedAuthorities { get; set; }

    /// <summary>Whether the new certificate may lack names of what it replaces.</summary>
    [Parameter(ParameterSetName = InstallSet)]
    public SwitchParameter AcceptLostNames { get; set; }

    /// <summary>Whether clients of TLS 1.2 may be shut out by another kind of key.</summary>
    [Parameter]
    public SwitchParameter AcceptLostClients { get; set; }

    /// <summary>Whether the last change of each server is undone.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UndoSet)]
    public SwitchParameter Undo { get; set; }

    /// <summary>Whether it is undone though something else has changed its files since.</summary>
    [Parameter(ParameterSetName = UndoSet)]
    public SwitchParameter AcceptLaterChanges { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // Without a word the network's own firewalls are left out: nothing of the site is served there.
        IReadOnlyList<Server> servers =
        [
            .. ChooseServers(FindSite())
                .Where(
                    server =>
                        Names.Count > 0
                            || Role is not null
                            || server.Roles.Any(static role => role != Foobar.Ops.Inventory.Role.NetworkFirewall)),
        ];
        if (servers.Count == 0)
        {
            return;
        }

        ISiteSession site = OpenSite();
        OperationStore store = OperationStore.Of(site.Site);
        using CertificateChange change = Run((output, token) =>
        {
            output.Progress.Report("Looking at what the servers have, and what they serve");
            return PrepareAsync(site, OwnOf(site, servers), token);
        });
        foreach (string left in change.Unsettled)
        {
            WriteWarning(left);
        }

        CertificateChangePreview[] changing = [.. change.Previews.Where(static preview => preview.IsChange)];
        if (IsWhatIf())
        {
            // What would be refused is an error when it is tried.
            foreach (string refusal in changing.SelectMany(static preview => preview.Refusals))
            {
                WriteWarning(refusal);
            }
        }
        else
        {
            Try(() =>
            {
                change.Refuse();
                return true;
            });
        }

        bool approved = changing.Count(preview => ShouldProcess(
            $"{preview.Server}: {preview.Summary}",
            $"{preview.Server}: {preview.Summary}\n{string.Join('\n', preview.Outline)}",
            "Update-FoobarCertificate"))
                == changing.Length
                && changing.Length > 0;
        if (!approved)
        {
            WriteObject(change.Previews, enumerateCollection: true);
            return;
        }

        CertificateChangeResult result = Run((output, token) => change.RunAsync(store, new StepProgress(output), token));
        WriteObject(result);
        if (Failure(result) is { } failure)
        {
            Fail(failure, result);
        }
    }

    private async Task<CertificateChange> PrepareAsync(
        ISiteSession site, IReadOnlyList<Server> servers, CancellationToken cancellationToken)
    {
        using Secret? passphrase = Passphrase?.TakeSecret();
        CertificateChangeOptions options = new()
        {
            Places = Place,
            ServerKey = ServerKeyPath,
            TrustedAuthorities = Resolve(TrustedAuthorities),
            AcceptLostNames = AcceptLostNames,
            AcceptLostClients = AcceptLostClients,
            AcceptLaterChanges = AcceptLaterChanges,
        };
        return Undo
            ? await CertificateChange.PrepareUndoAsync(site, servers, options, TimeProvider.System, cancellationToken)
            : await CertificateChange.PrepareAsync(
                site, servers, Resolve(Path)!, Resolve(KeyPath), CertificateName, passphrase, options, TimeProvider.System,
                cancellationToken);
    }

    private string? Resolve(string? path) => path is null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);

    private static FoobarException? Failure(CertificateChangeResult result) => result.Outcome switch
    {
        PlanOutcome.Undone => new FoobarException(
            "CertificateUpdateUndone", ErrorKind.Failed, $"The certificates are as they were: {result.Error}")
        {
            Recommendation = "Put right what the message names, and try again.",
        },
        PlanOutcome.Degraded => new FoobarException(
            "CertificateUpdateDegraded", ErrorKind.Failed,
            $"The new certificate is served and was looked at, but a later step failed: {result.Error}")
        {
            Recommendation = "See the Steps of the result, and run Update-FoobarCertificate again.",
        },
        PlanOutcome.UndoFailed => new FoobarException(
            "CertificateUpdateUndoFailed", ErrorKind.Failed, $"The change failed, and undoing it failed too: {result.Error}")
        {
            Recommendation =
                "See what Get-FoobarCertificate shows, and run Update-FoobarCertificate again: it ends what is left. The journal is "
                    + $"{result.Journal}.",
        },
        _ => null,
    };
}
