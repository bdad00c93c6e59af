using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring;

/// <summary>The monitoring agents of a server: those the policy expects, and others this program knows of which there is a trace.</summary>
public sealed record AgentFacts
{
    /// <summary>The agents.</summary>
    public required Reading<IReadOnlyList<MonitoringAgent>> Agents { get; init; }

    /// <summary>How far the server's clock is ahead of the operator's.</summary>
    public Reading<ClockSkew> Clock { get; init; } = Reading.Unreadable<ClockSkew>("The clock was not read.");
}

/// <summary>How far a server's clock is ahead of the operator's; the truth lies within the uncertainty.</summary>
/// <param name="Seconds">The skew, in seconds; negative if the server's clock is behind.</param>
/// <param name="UncertaintySeconds">Half the time the question took, in seconds.</param>
public sealed record ClockSkew([property: Measurement] double Seconds, [property: Measurement] double UncertaintySeconds);

/// <summary>A monitoring agent on a server.</summary>
public sealed record MonitoringAgent
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The name by which policies call it: <c>prometheus-node-exporter</c>, <c>datadog</c> ...</summary>
    public required string Name { get; init; }

    /// <summary>Whether the policy expects it here.</summary>
    public bool IsExpected { get; init; }

    /// <summary>What shows that it is there.</summary>
    public IReadOnlyList<AgentTrace> FoundBy { get; init; } = [];

    /// <summary>Why it may be there though nothing shows it; <see langword="null"/> if everything could be read.</summary>
    public string? Unread { get; init; }

    /// <summary>Its version: of its package, else of its image or of what it answers; <see langword="null"/> if none says it.</summary>
    public string? Version { get; init; }

    /// <summary>Since when it runs, in UTC by the server's clock; <see langword="null"/> if it does not or that is not known.</summary>
    [Measurement]
    public DateTimeOffset? Since { get; init; }

    /// <summary>Its unit; <see langword="null"/> if it is not installed as one.</summary>
    public Unit? Unit { get; init; }

    /// <summary>How many processes it has.</summary>
    [Measurement]
    public int ProcessCount { get; init; }

    /// <summary>Whether a signal stopped a process of it (SIGSTOP), so that it is there and does nothing.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>The accounts that its processes run as.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Its containers.</summary>
    public IReadOnlyList<AgentContainer> Containers { get; init; } = [];

    /// <summary>Whether it runs: its unit is active, it has a process, or its container is up.</summary>
    public bool IsRunning => Unit?.IsActive == true || ProcessCount > 0 || Containers.Any(static container => container.IsUp);

    /// <summary>The sockets it listens on.</summary>
    public IReadOnlyList<ListeningSocket> Sockets { get; init; } = [];

    /// <summary>Its connections to others, at most 100 of a state.</summary>
    [Measurement]
    public IReadOnlyList<AgentConnection> Connections { get; init; } = [];

    /// <summary>The configuration file found; <see langword="null"/> for none.</summary>
    public string? Configuration { get; init; }

    /// <summary>Whether the configuration says where to report to, or with which key; <see langword="null"/> if it needs neither.</summary>
    public bool? IsConfigured { get; init; }

    /// <summary>Where it reports to.</summary>
    public IReadOnlyList<AgentEndpoint> Endpoints { get; init; } = [];

    /// <summary>The files that hold its credentials.</summary>
    public IReadOnlyList<CredentialFile> CredentialFiles { get; init; } = [];

    /// <summary>How old the newest line of its log is, in seconds; <see langword="null"/> if it keeps none where expected.</summary>
    [Measurement]
    public double? LogAgeSeconds { get; init; }

    /// <summary>
    /// When it last sent something, as it says itself, in UTC by the server's clock; <see langword="null"/> if it does not say.
    /// </summary>
    [Measurement]
    public DateTimeOffset? LastSent { get; init; }

    /// <summary>When it last failed to send, by its log; <see langword="null"/> if that does not say so.</summary>
    [Measurement]
    public DateTimeOffset? LastFailure { get; init; }

    /// <summary>What it answered when asked for its metrics; <see langword="null"/> for an agent that is not asked.</summary>
    public Reading<ExporterAnswer>? Answer { get; init; }

    /// <summary>What the declared Prometheus scrapes of it; empty where none is declared or it scrapes nothing of it.</summary>
    [Measurement]
    public IReadOnlyList<ScrapeTarget> Scrapes { get; init; } = [];

    /// <summary>Whether data flows from it now.</summary>
    public DataFlow Flow { get; init; }

    /// <summary>What shows whether data flows, or why that can't be told.</summary>
    [Measurement]
    public string? FlowReason { get; init; }
}

/// <summary>What shows that an agent is on a server.</summary>
public enum AgentTrace : long
{
    /// <summary>A unit of systemd.</summary>
    Unit,

    /// <summary>A process.</summary>
    Process,

    /// <summary>An installed package.</summary>
    Package,

    /// <summary>A container of docker or podman.</summary>
    Container,

    /// <summary>A configuration file.</summary>
    Configuration,
}

/// <summary>Whether data flows from an agent.</summary>
public enum DataFlow : long
{
    /// <summary>It can't be told.</summary>
    Unknown,

    /// <summary>It flows.</summary>
    Flowing,

    /// <summary>It does not.</summary>
    Stopped,

    /// <summary>It waits to be asked, and answers.</summary>
    Asked,
}

/// <summary>How what is sent to an endpoint is protected on its way.</summary>
public enum EndpointEncryption : long
{
    /// <summary>The configuration does not say.</summary>
    Unknown,

    /// <summary>TLS, or the encryption of the protocol itself; the peer is verified.</summary>
    Encrypted,

    /// <summary>TLS whose peer is not verified.</summary>
    Unverified,

    /// <summary>It is not.</summary>
    Plain,
}

/// <summary>Where an agent reports to.</summary>
public sealed record AgentEndpoint
{
    /// <summary>
    /// The address as configured, without login, path and query: <c>https://app.datadoghq.eu</c>, <c>192.0.2.51:10051</c>.
    /// </summary>
    public required string Address { get; init; }

    /// <summary>
    /// The host; <see langword="null"/> if the address stands elsewhere than in the configuration (a variable, a keystore).
    /// </summary>
    public string? Host { get; init; }

    /// <summary>The port; <see langword="null"/> if not known.</summary>
    public int? Port { get; init; }

    /// <summary>How what is sent is protected.</summary>
    public EndpointEncryption Encryption { get; init; }

    /// <summary>Whether TLS-040 judges it, as a leg (<c>Get-FoobarTlsLeg</c>).</summary>
    public bool IsLeg { get; init; }

    /// <summary>The file and setting that say so, or that it is the agent's default.</summary>
    public required string Source { get; init; }
}

/// <summary>A connection of an agent.</summary>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="State">The state as ss(8) names it: <c>ESTAB</c>, <c>SYN-SENT</c> ...</param>
/// <param name="Local">The agent's end.</param>
/// <param name="Remote">The other end.</param>
/// <param name="IsIncoming">Whether the other end asked for it.</param>
/// <param name="LastSentSeconds">How long ago something was last sent, in seconds; <see langword="null"/> if the kernel does not
/// say.</param>
/// <param name="AcknowledgedBytes">How much of what was sent the other end acknowledged.</param>
/// <param name="Retries">How often in a row the last segment was sent again without an answer.</param>
public sealed record AgentConnection(
    string Protocol,
    string State,
    string Local,
    string Remote,
    bool IsIncoming,
    double? LastSentSeconds,
    long? AcknowledgedBytes,
    int Retries = 0);

/// <summary>A container of an agent.</summary>
/// <param name="Engine"><c>docker</c> or <c>podman</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image.</param>
/// <param name="Status">What the engine says of it: <c>Up 3 days</c>, <c>Exited (1) 2 hours ago</c>.</param>
public sealed record AgentContainer(string Engine, string Name, string Image, [property: Measurement] string Status)
{
    /// <summary>Whether it runs.</summary>
    public bool IsUp => Status.StartsWith("Up", StringComparison.Ordinal) && !Status.Contains("Paused", StringComparison.Ordinal);
}

/// <summary>A file that holds credentials of an agent.</summary>
public sealed record CredentialFile
{
    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The permission bits, as a number: 0640 is 416.</summary>
    public required int Mode { get; init; }

    /// <summary>The owner.</summary>
    public required string Owner { get; init; }

    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The settings in it that hold credentials; empty for a file that is one itself.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The permission bits as chmod(1) writes them: <c>0640</c>.</summary>
    public string Permissions => "0" + Convert.ToString(Mode, 8).PadLeft(3, '0');
}

/// <summary>What an exporter answered to a request for its metrics.</summary>
/// <param name="Url">The address asked.</param>
/// <param name="Samples">How many samples came.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ExporterAnswer(string Url, [property: Measurement] int Samples, [property: Measurement] double Milliseconds)
{
    /// <summary>Its version, if it says so.</summary>
    public string? Version { get; init; }

    /// <summary>Whether what it watches answers it; <see langword="null"/> if it does not say.</summary>
    public bool? IsHealthy { get; init; }

    /// <summary>How much it sent since it started, in its own unit; <see langword="null"/> if it does not say.</summary>
    [Measurement]
    public double? Sent { get; init; }

    /// <summary>How much it could not send.</summary>
    [Measurement]
    public double? Failed { get; init; }

    /// <summary>When what it last sent was measured, in UTC.</summary>
    [Measurement]
    public DateTimeOffset? LastSent { get; init; }
}
