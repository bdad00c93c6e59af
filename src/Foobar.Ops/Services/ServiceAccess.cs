using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services;

/// <summary>
/// From a declared service and its keys to where and as whom it is asked and sent to. Which keys a service wants:
/// Datadog an API key, and to be asked an application key too; New Relic a user key to be asked and a license key to be sent
/// to; Sumo Logic an access ID with its key, its HTTP source the source's address; all others none, a user with a password,
/// or a token.
/// </summary>
internal static class ServiceAccess
{
    /// <summary>The user that makes a credential a token.</summary>
    private const string Bearer = "bearer";

    /// <summary>Finds a declared service.</summary>
    /// <exception cref="FoobarException"><c>ServiceUnknown</c>.</exception>
    public static MonitoringService Find(Site site, string name) =>
        site.Policy.Monitoring.AllServices.FirstOrDefault(service => string.Equals(service.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new FoobarException("ServiceUnknown", ErrorKind.NotFound, $"The inventory declares no monitoring service '{name}'.")
            {
                Recommendation = site.Policy.Monitoring.AllServices is { Count: > 0 } known
                    ? $"Take one of {string.Join(", ", known.Select(static service => service.Name))}, or declare it in "
                        + "policy.monitoring.services."
                    : "Declare it in policy.monitoring.services.",
            };

    /// <summary>Where a service is sent to.</summary>
    /// <exception cref="ServiceException">A key is missing, or is no address where it must be one.</exception>
    public static Uri AddressToSend(MonitoringService service, IReadOnlyList<ServiceKey> keys)
    {
        if (!service.IsAddressSecret)
        {
            return Declared(service);
        }

        string text = Require(service, keys, 0, "the secret address to send to").Key.Reveal().Trim();
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw new ServiceException(
                "ServiceKeyInvalid", ErrorKind.InvalidInput, service.Name, "what was given as its secret address is no https address.")
            {
                Recommendation =
                    "Give the whole address as the service shows it, https://..., as a SecureString or as the password of a credential.",
            };
    }

    /// <summary>The declared address.</summary>
    public static Uri Declared(MonitoringService service) => service.Url
        ?? throw new ServiceException(
            "ServiceKeyMissing", ErrorKind.InvalidInput, service.Name, "it has no address.")
            {
                Recommendation = "Declare its \"url\" in policy.monitoring.services.",
            };

    /// <summary>As whom a service is asked.</summary>
    /// <exception cref="ServiceException"><c>ServiceKeyMissing</c>, <c>ServiceKeyInPlaintext</c>.</exception>
    public static ServiceLogin? LoginToAsk(MonitoringService service, IReadOnlyList<ServiceKey> keys) =>
        Checked(service, Declared(service), service.Kind switch
    {
        MonitoringServiceKind.Datadog => new ServiceLogin.Headers(
        [
            ("DD-API-KEY", Require(service, keys, 0, "an API key").Key),
            ("DD-APPLICATION-KEY", Require(service, keys, 1, "an application key, after the API key").Key),
        ]),
        MonitoringServiceKind.NewRelic => new ServiceLogin.Headers([("API-Key", Require(service, keys, 0, "a user key").Key)]),
        MonitoringServiceKind.SumoLogic => Require(service, keys, 0, "an access ID with its key") is { User.Length: > 0 } key
            ? new ServiceLogin.Basic(key.User, key.Key)
            : throw Missing(service, "an access ID with its key: a credential whose user is the access ID"),
        _ => Usual(keys.Count > 0 ? keys[0] : null),
    });

    /// <summary>As whom a service is sent to.</summary>
    /// <inheritdoc cref="LoginToAsk" path="/exception"/>
    public static ServiceLogin? LoginToSend(MonitoringService service, IReadOnlyList<ServiceKey> keys) => service.Kind switch
    {
        MonitoringServiceKind.Datadog => Checked(
            service, Declared(service), new ServiceLogin.Headers([("DD-API-KEY", Require(service, keys, 0, "an API key").Key)])),
        MonitoringServiceKind.NewRelic => Checked(
            service,
            Declared(service),
            new ServiceLogin.Headers([("Api-Key", Require(service, keys, Math.Max(0, keys.Count - 1), "a license key").Key)])),
        MonitoringServiceKind.SumoLogicSource => null,
        _ when service.IsAddressSecret => Usual(keys.Count > 1 ? keys[1] : null),
        _ => Checked(service, Declared(service), Usual(keys.Count > 0 ? keys[0] : null)),
    };

    private static ServiceLogin? Usual(ServiceKey? key) => key switch
    {
        null => null,
        { User: "" or Bearer } => new ServiceLogin.Bearer(key.Key),
        _ => new ServiceLogin.Basic(key.User, key.Key),
    };

    /// <summary>A key never travels in plaintext beyond this machine.</summary>
    private static ServiceLogin? Checked(MonitoringService service, Uri address, ServiceLogin? login) =>
        login is null || address.Scheme == Uri.UriSchemeHttps || address.IsLoopback
            ? login
            : throw new ServiceException(
                "ServiceKeyInPlaintext",
                ErrorKind.Refused,
                service.Name,
                $"{address.GetLeftPart(UriPartial.Authority)} is not encrypted, and the key would be read on the way; nothing was sent.")
            {
                Recommendation =
                    "Declare an https address; name the authority's file with trustedAuthorities if its certificate is your own.",
            };

    private static ServiceKey Require(MonitoringService service, IReadOnlyList<ServiceKey> keys, int index, string what) =>
        index < keys.Count ? keys[index] : throw Missing(service, what);

    private static ServiceException Missing(MonitoringService service, string what) =>
        new("ServiceKeyMissing", ErrorKind.Authentication, service.Name, $"the {InventoryWord.Of(service.Kind)} service wants {what}.")
        {
            Recommendation =
                $"Give it with -ServiceCredential @{{ '{service.Name}' = ... }}, or name the entry of your secret vault with vaultEntries "
                    + "in the inventory.",
        };
}
