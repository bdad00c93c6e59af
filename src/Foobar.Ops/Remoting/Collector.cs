using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting;

/// <summary>
/// Reads one kind of fact from a server: the edge where input happens. Collectors of one server run side by side over its
/// one session; what part of a fact can't be read becomes a reading without a value, so only a lost connection or a
/// cancellation ends a collector with an exception.
/// </summary>
/// <typeparam name="TFacts">The facts: a plain record that System.Text.Json carries unchanged there and back.</typeparam>
public abstract class Collector<TFacts>
    where TFacts : class
{
    /// <summary>The key of these facts in a snapshot: <c>server</c>, <c>firewall</c>, <c>certificates</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Tells whether the server has such facts at all.</summary>
    public virtual bool AppliesTo(Server server, Site site) => true;

    /// <summary>
    /// Whether the facts are read on the server itself, so that they show that it was reached; <see langword="false"/> where something else
    /// is asked and the facts only stand with the server.
    /// </summary>
    public virtual bool ReadsServer => true;

    /// <summary>Reads the facts.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="server">The server to read from.</param>
    /// <param name="cancellationToken">Cancels, on the server too.</param>
    public abstract Task<TFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken);
}
