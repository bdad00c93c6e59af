using System.Text.Json;
using System.Text.Json.Serialization;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>
/// A monitoring agent this program knows, with where its packages put things: a row of <c>agents.json</c>. Where an
/// expression stands, it is an extended regular expression as grep -E takes it.
/// </summary>
internal sealed record KnownAgent
{
    /// <summary>The name by which policies call it.</summary>
    public required string Name { get; init; }

    /// <summary>What its maker calls it.</summary>
    public required string Title { get; init; }

    /// <summary>The documentation that the row is taken from.</summary>
    public required string Source { get; init; }

    /// <summary>The roles of the servers it belongs on, as inventories write them; all servers if empty.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The accounts and groups that its packages make for it.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];

    /// <summary>Its unit, by any of these names.</summary>
    public IReadOnlyList<string> Units { get; init; } = [];

    /// <summary>Names of its process as the kernel keeps them: at most 15 characters.</summary>
    public required IReadOnlyList<string> Processes { get; init; }

    /// <summary>
    /// Parts of the program's path, one of which a process of such a name must have where the path can be read: some names are common.
    /// </summary>
    public IReadOnlyList<string> Executables { get; init; } = [];

    /// <summary>Its package, by any of these names.</summary>
    public IReadOnlyList<string> Packages { get; init; } = [];

    /// <summary>Repositories of its container image, without a tag; a registry before them is left out of the comparison.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Its configuration files.</summary>
    public IReadOnlyList<ConfigurationPlace> Configurations { get; init; } = [];

    /// <summary>Settings that say where it reports to.</summary>
    public IReadOnlyList<EndpointRule> Endpoints { get; init; } = [];

    /// <summary>Settings that say so where none of <see cref="Endpoints"/> does.</summary>
    public IReadOnlyList<EndpointRule> Otherwise { get; init; } = [];

    /// <summary>Where it reports to unless a setting says otherwise; <see langword="null"/> for nowhere.</summary>
    public string? Default { get; init; }

    /// <summary>Keys of settings whose value is a credential; may hold <c>*</c>.</summary>
    public IReadOnlyList<string> Credentials { get; init; } = [];

    /// <summary>Files that hold a credential and nothing else; may hold <c>*</c>.</summary>
    public IReadOnlyList<string> CredentialFiles { get; init; } = [];

    /// <summary>Paths of settings, separated by <c>|</c>, one of which must be there; <see langword="null"/> if it needs none.</summary>
    public string? Setting { get; init; }

    /// <summary>Its logs.</summary>
    public IReadOnlyList<LogPlace> Logs { get; init; } = [];

    /// <summary>What the journal says of its unit when it sent something.</summary>
    public string? JournalSent { get; init; }

    /// <summary>What the journal says of its unit when it could not send.</summary>
    public string? JournalFailed { get; init; }

    /// <summary>Whether its log tells of every failure to reach its service, so that a silent one is good news.</summary>
    public bool LogTellsFailures { get; init; }

    /// <summary>What it answers of itself over HTTP; <see langword="null"/> if nothing.</summary>
    public StatusPlace? Status { get; init; }

    /// <summary>Whether it is asked for its metrics over HTTP and reports nothing by itself.</summary>
    public bool IsExporter { get; init; }

    /// <summary>Whether it is a part of another program, there only if that one's configuration says so.</summary>
    public bool IsPartOfAnother { get; init; }

    /// <summary>Whether TLS-040 judges the encryption of what it reports.</summary>
    public bool IsJudgedAsLeg { get; init; }

    /// <summary>How often it sends unless told otherwise, in seconds.</summary>
    public int IntervalSeconds { get; init; } = 60;

    /// <summary>After this time without a word to its service it is silent: three times its interval, two minutes at least.</summary>
    [JsonIgnore]
    public TimeSpan Silence => TimeSpan.FromSeconds(Math.Max(120, 3 * IntervalSeconds));

    /// <summary>Tells whether it belongs on a server.</summary>
    public bool BelongsOn(Server server) => Roles.Count == 0 || server.Roles.Any(role => Roles.Contains(InventoryWord.Of(role)));

    /// <summary>All agents known, by name.</summary>
    public static IReadOnlyDictionary<string, KnownAgent> All => Table.Value;

    private static readonly Lazy<IReadOnlyDictionary<string, KnownAgent>> Table = new(Read);

    /// <summary>Reads a table: an object with the list <c>agents</c>.</summary>
    /// <exception cref="JsonException">It is not of that form, or holds a key that no row has.</exception>
    public static IReadOnlyDictionary<string, KnownAgent> Parse(string json) =>
        JsonSerializer.Deserialize<AgentTable>(json, Options)!.Agents.ToDictionary(static agent => agent.Name, StringComparer.Ordinal);

    private static readonly JsonSerializerOptions Options =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    private static IReadOnlyDictionary<string, KnownAgent> Read() => Parse(OwnFile.Read("agents.json"));

    private sealed record AgentTable(IReadOnlyList<KnownAgent> Agents);
}

/// <summary>A configuration file of an agent.</summary>
/// <param name="Path">Its path, which may hold <c>*</c>.</param>
/// <param name="Format"><c>yaml</c>, <c>toml</c>, <c>ini</c>, <c>properties</c>, <c>blocks</c> (collectd), <c>alloy</c> or
/// <c>haproxy</c>.</param>
internal sealed record ConfigurationPlace(string Path, string Format);

/// <summary>A log file of an agent.</summary>
/// <param name="Path">Its path, which may hold <c>*</c>.</param>
/// <param name="Sent">What a line holds that says something was sent.</param>
/// <param name="Failed">What a line holds that says sending failed.</param>
internal sealed record LogPlace(string Path, string? Sent = null, string? Failed = null);

/// <summary>
/// A setting that says where an agent reports to. Conditions are <c>KEY=VALUE</c>, separated by <c>|</c>, beside the setting, below it with
/// <c>./</c> before them, or from the top of the file with <c>/</c>.
/// </summary>
internal sealed record EndpointRule
{
    /// <summary>The path of the setting; <c>*</c> is any part of a segment, <c>**</c> any segments.</summary>
    public required string At { get; init; }

    /// <summary>The scheme of an address without one; <see langword="null"/> if that says nothing of encryption.</summary>
    public string? Scheme { get; init; }

    /// <summary>The port of an address without one.</summary>
    public int? Port { get; init; }

    /// <summary>An address with <c>{0}</c> for the value, where the value is none by itself.</summary>
    public string? Template { get; init; }

    /// <summary>What makes it encrypted.</summary>
    public string? TlsIf { get; init; }

    /// <summary>What makes it plain.</summary>
    public string? PlainIf { get; init; }

    /// <summary>What leaves the service unverified.</summary>
    public string? UnverifiedIf { get; init; }

    /// <summary>Without this the setting counts for nothing.</summary>
    public string? OnlyIf { get; init; }

    /// <summary>Whether TLS-040 does not know this way of reporting, though it judges the agent.</summary>
    public bool IsNoLeg { get; init; }

    /// <summary>An end of the value that makes it encrypted.</summary>
    public string? TlsSuffix { get; init; }
}

/// <summary>What an agent answers of itself over HTTP.</summary>
internal sealed record StatusPlace
{
    /// <summary>The ports it may listen on; any that its process listens on if empty.</summary>
    public required IReadOnlyList<int> Ports { get; init; }

    /// <summary>The path, with a query perhaps.</summary>
    public required string Path { get; init; }

    /// <summary><c>prometheus</c> (the text format) or <c>json</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Counters of what was sent: metrics, or paths in JSON.</summary>
    public IReadOnlyList<string> Sent { get; init; } = [];

    /// <summary>Counters of what could not be sent.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Metrics that are the time of the last sample sent, in seconds since 1970.</summary>
    public IReadOnlyList<string> LastSent { get; init; } = [];

    /// <summary>A metric that is 1 while what it watches answers it.</summary>
    public string? Healthy { get; init; }

    /// <summary>Whether the answer is its metrics themselves, for a Prometheus to scrape, beside what it reports.</summary>
    public bool Serves { get; init; }
}
