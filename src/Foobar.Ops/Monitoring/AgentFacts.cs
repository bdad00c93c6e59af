using Foobar.Ops.Findings;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring;

/// <summary>The monitoring agents of a server: those the policy expects, and others this program knows that are installed.</summary>
public sealed record AgentFacts
{
    /// <summary>The agents.</summary>
    public required Reading<IReadOnlyList<MonitoringAgent>> Agents { get; init; }
}

/// <summary>A monitoring agent on a server.</summary>
public sealed record MonitoringAgent
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The name by which policies call it: <c>prometheus-node-exporter</c>, <c>datadog</c> ...</summary>
    public required string Name { get; init; }

    /// <summary>Whether the policy expects it.</summary>
    public bool IsExpected { get; init; }

    /// <summary>Its unit; <see langword="null"/> if it is not installed as one.</summary>
    public Unit? Unit { get; init; }

    /// <summary>Whether its unit is active.</summary>
    public bool IsRunning => Unit?.IsActive == true;

    /// <summary>The sockets it listens on.</summary>
    public IReadOnlyList<ListeningSocket> Sockets { get; init; } = [];

    /// <summary>The configuration file found; <see langword="null"/> for none.</summary>
    public string? Configuration { get; init; }

    /// <summary>Whether the configuration says where to report to, or with which key; <see langword="null"/> if it needs neither.</summary>
    public bool? IsConfigured { get; init; }

    /// <summary>How old the newest line of its log is, in seconds; <see langword="null"/> if it keeps none where expected.</summary>
    [Measurement]
    public double? LogAgeSeconds { get; init; }

    /// <summary>What it answered when asked for its metrics; <see langword="null"/> for an agent that is not asked.</summary>
    public Reading<ExporterAnswer>? Answer { get; init; }
}

/// <summary>What an exporter answered to a request for its metrics.</summary>
/// <param name="Url">The address asked.</param>
/// <param name="Samples">How many samples came.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ExporterAnswer(string Url, [property: Measurement] int Samples, [property: Measurement] double Milliseconds);
