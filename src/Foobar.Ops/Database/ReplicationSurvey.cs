using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads all members of a site at once.</summary>
public static class ReplicationSurvey
{
    /// <summary>Reads all members; one that can't be reached is a reading without a value.</summary>
    /// <exception cref="FoobarException"><c>NoDatabase</c>: the inventory declares none.</exception>
    public static async Task<SiteCase<ReplicationFacts>> CollectAsync(ISiteSession session, CancellationToken cancellationToken)
    {
        Site site = session.Site;
        DatabasePolicy policy = site.Policy.Database ?? throw new FoobarException("NoDatabase", ErrorKind.InvalidInput, $"The inventory of {site.Name} declares no database.")
        {
            Recommendation = "Declare policy.database, and give its servers the role that policy.database.members names.",
        };
        List<(string Name, Task<Reading<ReplicationFacts>> Reading)> readings = [.. site.WithRole(policy.Members).Select(member => (member.Name, ReadAsync(session, member, cancellationToken)))];
        await Task.WhenAll(readings.Select(reading => reading.Reading));
        Dictionary<string, Reading<ReplicationFacts>> facts = [];
        foreach ((string name, Task<Reading<ReplicationFacts>> reading) in readings)
        {
            facts[name] = await reading;
        }

        return new(site, facts, DateTimeOffset.UtcNow);
    }

    private static async Task<Reading<ReplicationFacts>> ReadAsync(ISiteSession session, Server member, CancellationToken cancellationToken)
    {
        try
        {
            return Reading.Of(await new ReplicationCollector().CollectAsync(session, member, cancellationToken));
        }
        catch (FoobarException error)
        {
            return Reading.Unreadable<ReplicationFacts>(error.Message);
        }
    }
}
