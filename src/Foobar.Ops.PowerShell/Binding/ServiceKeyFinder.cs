using System.Collections;
using System.Management.Automation;
using System.Security;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>
/// Finds the keys of monitoring services: from <c>-ServiceCredential</c>, a table from the name of a service to a credential, a
/// secure string, the name of an entry of a secret vault, or a list of these; else from the vault entries of the inventory.
/// </summary>
internal static class ServiceKeyFinder
{
    // The vault asks for its password itself where it is locked; a runbook unlocks it before.
    private const string Script = "param($Name) Microsoft.PowerShell.SecretManagement\\Get-Secret -Name $Name -ErrorAction Stop";

    /// <summary>The keys of some services. On the pipeline thread, since a vault is asked there.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="given">What <c>-ServiceCredential</c> was given; <see langword="null"/> for nothing.</param>
    /// <param name="services">The services.</param>
    /// <exception cref="FoobarException"><c>ServiceCredentialInvalid</c>, <c>ServiceUnknown</c>, <c>VaultEntryUnreadable</c>.</exception>
    public static ServiceKeys Find(PSCmdlet cmdlet, IDictionary? given, IReadOnlyList<MonitoringService> services)
    {
        Dictionary<string, object?> table = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in given ?? new Hashtable())
        {
            table[entry.Key.ToString() ?? string.Empty] = entry.Value;
        }

        if (table.Keys.FirstOrDefault(
            name => !services.Any(service => service.Name.Equals(name, StringComparison.OrdinalIgnoreCase))) is { } stray)
        {
            throw new FoobarException(
                "ServiceCredentialInvalid",
                ErrorKind.InvalidInput,
                $"-ServiceCredential has a key for '{stray}', which is no service that this command was told to use.")
            {
                Recommendation = "Take the name of the service as the inventory declares it: @{ name = $credential }.",
            };
        }

        return new ServiceKeys(services.Select(service => KeyValuePair.Create<string, IReadOnlyList<ServiceKey>>(
            service.Name,
            table.TryGetValue(service.Name, out object? keys)
                ? [.. Items(keys).Select(key => KeyOf(cmdlet, service, key))]
                : [.. service.VaultEntries.Select(entry => FromVault(cmdlet, service, entry, $"the vault entry '{entry}'"))])));
    }

    private static IEnumerable<object?> Items(object? value) => Plain(value) switch
    {
        IList list => list.Cast<object?>().Select(Plain),
        object one => [one],
        null => [],
    };

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static ServiceKey KeyOf(PSCmdlet cmdlet, MonitoringService service, object? value) => value switch
    {
        PSCredential credential => new ServiceKey(credential.UserName, credential.TakeSecret()),
        SecureString secret => new ServiceKey(string.Empty, secret.TakeSecret()),

        // It may be a key that was given by mistake: no message repeats it.
        string entry => FromVault(cmdlet, service, entry, "the vault entry that -ServiceCredential names"),
        _ => throw new FoobarException(
            "ServiceCredentialInvalid", ErrorKind.InvalidInput, $"-ServiceCredential has something for '{service.Name}' that is no key.")
        {
            Recommendation =
                "Give a credential (Get-Credential), a secure string (Read-Host -AsSecureString), the name of a vault entry, or a list of these.",
        },
    };

    private static ServiceKey FromVault(PSCmdlet cmdlet, MonitoringService service, string entry, string shown)
    {
        object? found;
        try
        {
            found = Plain(
                cmdlet.SessionState.InvokeCommand.InvokeScript(
                    useLocalScope: true, ScriptBlock.Create(Script), null, entry).FirstOrDefault());
        }
        catch (RuntimeException error)
        {
            // The vault's own words may repeat what was given as the entry's name.
            bool isMissing = error is CommandNotFoundException;
            throw new FoobarException(
                "VaultEntryUnreadable",
                ErrorKind.Authentication,
                $"{service.Name}: {shown} can't be read: "
                    + $"{(isMissing ? "the module Microsoft.PowerShell.SecretManagement is not installed" : "no vault gives it")}.")
            {
                Recommendation = isMissing
                    ? "Install it (Install-PSResource Microsoft.PowerShell.SecretManagement), or give the key as a credential with "
                        + "-ServiceCredential."
                    : "See Get-SecretInfo and Unlock-SecretStore; or give the key as a credential with -ServiceCredential.",
            };
        }

        return found switch
        {
            PSCredential credential => new ServiceKey(credential.UserName, credential.TakeSecret()),
            SecureString secret => new ServiceKey(string.Empty, secret.TakeSecret()),
            string text => new ServiceKey(string.Empty, new Secret(text)),
            _ => throw new FoobarException(
                "VaultEntryUnreadable", ErrorKind.InvalidData, $"{service.Name}: {shown} holds neither a secure string nor a credential.")
            {
                Recommendation = "Keep the key as a SecureString or a PSCredential: Set-Secret -Name ... -Secret ....",
            },
        };
    }
}
