using Foobar.Ops.Remoting;

namespace Foobar.Ops.Services;

/// <summary>A key of a monitoring service.</summary>
/// <param name="User">The user it belongs to, or the id that goes with it (Sumo Logic's access ID); empty for none.</param>
/// <param name="Key">The key.</param>
public sealed record ServiceKey(string User, Secret Key);

/// <summary>The keys of the declared services, given at run time.</summary>
public sealed class ServiceKeys : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<ServiceKey>> _keys;

    /// <summary>Keys by the names of services.</summary>
    public ServiceKeys(IEnumerable<KeyValuePair<string, IReadOnlyList<ServiceKey>>> keys) =>
        _keys = new(keys, StringComparer.OrdinalIgnoreCase);

    /// <summary>No keys.</summary>
    public static ServiceKeys None => new([]);

    /// <summary>The keys of a service, in the order given; empty for none.</summary>
    public IReadOnlyList<ServiceKey> Of(string service) => _keys.GetValueOrDefault(service, []);

    /// <summary>Overwrites the keys.</summary>
    public void Dispose()
    {
        foreach (ServiceKey key in _keys.Values.SelectMany(static keys => keys))
        {
            key.Key.Dispose();
        }
    }
}
