using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>What an alert must be about, by the metrics that its expression uses: a row of <c>topics.json</c>.</summary>
/// <param name="Name">The name in findings.</param>
/// <param name="Title">What is watched.</param>
/// <param name="Metrics">Metrics that tell it.</param>
/// <param name="Coverage">The servers whose series an alert must take in.</param>
/// <param name="Except">Another topic: alerts on it are none on this one, whose metrics a ratio divides by;
/// <see langword="null"/> for none.</param>
internal sealed record AlertTopic(string Name, string Title, IReadOnlyList<TopicMetric> Metrics, AlertCoverage Coverage = default,
    string? Except = null)
{
    /// <summary>Topics of replication concern sites with more than one member of the database.</summary>
    public bool IsOfReplication => Name == "replication-lag";

    /// <summary>Those metrics of an expression that tell it.</summary>
    public IEnumerable<string> Found(IEnumerable<string> metrics, string expression) =>
        metrics.Where(metric => Metrics.Any(wanted => Wildcards.Matches(wanted.Name, metric)
            && (wanted.With is null || Regex.IsMatch(expression, wanted.With, RegexOptions.None, TimeSpan.FromSeconds(1)))
            && (wanted.Without is null || !Regex.IsMatch(expression, wanted.Without, RegexOptions.None, TimeSpan.FromSeconds(1)))));

    /// <summary>The topics and the components that must have figures.</summary>
    public static TopicTable Table => Read.Value;

    /// <summary>Tells whether there may be no series of a metric while all is well.</summary>
    public bool IsSporadic(string metric) => Metrics.Any(wanted => wanted.IsSporadic && Wildcards.Matches(wanted.Name, metric));

    private static readonly JsonSerializerOptions Options =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private static readonly Lazy<TopicTable> Read = new(static () => JsonSerializer.Deserialize<TopicTable>(OwnFile.Read("topics.json"),
        Options)!);
}

/// <summary>The servers whose series an alert must take in.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertCoverage>))]
internal enum AlertCoverage
{
    /// <summary>None in particular: it is about the site.</summary>
    Site,

    /// <summary>All of a role, whichever measures what comes in: the load balancers, or the web, application or database
    /// servers.</summary>
    Entry,

    /// <summary>The members of the database that follow another.</summary>
    Replicas,

    /// <summary>All servers.</summary>
    Servers,
}

/// <summary>A metric that tells of a topic.</summary>
/// <param name="Name">Its name, which may hold <c>*</c>.</param>
/// <param name="With">A regular expression that must be found in the alert's expression.</param>
/// <param name="Without">One that must not.</param>
/// <param name="IsSporadic">Whether its first series may begin with the first failure.</param>
internal sealed record TopicMetric(string Name, string? With = null, string? Without = null, bool IsSporadic = false);

/// <summary>A component of a server that must have figures.</summary>
/// <param name="Name">The name in findings.</param>
/// <param name="Metrics">Regular expressions for the names of metrics, any of which will do.</param>
/// <param name="Role">The role of the servers that have it, as inventories write it; <see langword="null"/> for all.</param>
internal sealed record WatchedComponent(string Name, IReadOnlyList<string> Metrics, string? Role = null);

/// <summary>The file <c>topics.json</c>.</summary>
/// <param name="Source">Where the names are from.</param>
/// <param name="Topics">What alerts must be about.</param>
/// <param name="Components">What must have figures.</param>
internal sealed record TopicTable(string Source, IReadOnlyList<AlertTopic> Topics, IReadOnlyList<WatchedComponent> Components);
