using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads all members of a site at once.</summary>
public static class ReplicationSurvey
{
    /// <summary>The database that a site declares.</summary>
    /// <exception cref="FoobarException"><c>NoDatabase</c>: it declares none.</exception>
    public static DatabasePolicy Require(Site site) =>
        site.Policy.Database
            ?? throw new FoobarException("NoDatabase", ErrorKind.InvalidInput, $"The inventory of {site.Name} declares no database.")
        {
            Recommendation = "Declare policy.database, and give its servers the role that policy.database.members names.",
        };

    /// <summary>Reads all members; one that can't be reached is a reading without a value.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="failed">Told why a member could not be read, from any thread; the reading says so too.</param>
    /// <exception cref="FoobarException"><c>NoDatabase</c>: the inventory declares none.</exception>
    public static async Task<SiteCase<ReplicationFacts>> CollectAsync(
        ISiteSession session, CancellationToken cancellationToken, Action<FoobarException>? failed = null)
    {
        Site site = session.Site;
        DatabasePolicy policy = Require(site);
        List<(string Name, Task<Reading<ReplicationFacts>> Reading)> readings =
        [
            .. site.WithRole(policy.Members).Select(member => (member.Name, ReadAsync(session, member, failed, cancellationToken))),
        ];
        await Task.WhenAll(readings.Select(reading => reading.Reading));
        Dictionary<string, Reading<ReplicationFacts>> facts = [];
        foreach ((string name, Task<Reading<ReplicationFacts>> reading) in readings)
        {
            facts[name] = await reading;
        }

        return new(site, facts, session.Time.GetUtcNow());
    }

    private static async Task<Reading<ReplicationFacts>> ReadAsync(
        ISiteSession session, Server member, Action<FoobarException>? failed, CancellationToken cancellationToken)
    {
        try
        {
            return Reading.Of(await ReplicationCollector.ReadAsync(session, member, failed, cancellationToken));
        }
        catch (FoobarException error)
        {
            failed?.Invoke(error);
            return Reading.Unreadable<ReplicationFacts>(error.Message);
        }
    }
}
