using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.LoadBalancing;

/// <summary>What a server of a backend does for it.</summary>
public enum BackendServerState : long
{
    /// <summary>It takes traffic: checked and well, or not checked at all.</summary>
    Up,

    /// <summary>It keeps its sessions and takes no new ones: by the operator (drain) or by its own health check.</summary>
    Drain,

    /// <summary>The operator took it out.</summary>
    Maintenance,

    /// <summary>Its health check fails.</summary>
    Down,

    /// <summary>HAProxy has a word for it that is not known here.</summary>
    Unknown,
}

/// <summary>A server in a backend of HAProxy.</summary>
public sealed partial record BackendServer
{
    /// <summary>The load balancer; empty until it is known.</summary>
    public string Server { get; init; } = "";

    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The name in the backend, which need not be that of a server of the inventory.</summary>
    public required string Name { get; init; }

    /// <summary>Address and port, as HAProxy shows them.</summary>
    public required string Address { get; init; }

    /// <summary>
    /// The status in HAProxy's own words: <c>UP</c>, <c>UP 1/3</c>, <c>DOWN</c>, <c>DOWN (agent)</c>, <c>MAINT</c>,
    /// <c>MAINT (via BACKEND/SERVER)</c>, <c>MAINT (resolution)</c>, <c>DRAIN</c>, <c>NOLB</c>, <c>no check</c>.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>What it does for the backend. With weight 0 it takes no new sessions, though HAProxy calls it up.</summary>
    public BackendServerState State => StatusWord().Match(Status) switch
    {
        { Success: false } => BackendServerState.Unknown,
        { Groups: [_, { Value: var word }] } when !HaproxyWords.States.IsHandled(word) => BackendServerState.Unknown,
        { Groups: [_, { Value: "UP" or "no check" }] } => Weight == 0 ? BackendServerState.Drain : BackendServerState.Up,
        { Groups: [_, { Value: "DRAIN" or "NOLB" }] } => BackendServerState.Drain,
        { Groups: [_, { Value: "DOWN" }] } => BackendServerState.Down,
        _ => BackendServerState.Maintenance,
    };

    /// <summary>
    /// Whether it is out though no operator took it out: its name can't be resolved, its check or agent says so, or it
    /// follows another server.
    /// </summary>
    public bool IsOutByItself =>
        State == BackendServerState.Down
            || (State != BackendServerState.Up && Status.EndsWith(')'))
            || Status.StartsWith("NOLB", StringComparison.Ordinal);

    /// <summary>Its share of the traffic, beside that of the others.</summary>
    public required long Weight { get; init; }

    /// <summary>Whether it is used only while all others are down.</summary>
    public bool IsBackup { get; init; }

    /// <summary>Whether its health is checked.</summary>
    public bool IsChecked => CheckStatus is not null;

    /// <summary>
    /// The outcome of the last health check in HAProxy's words (<c>L7OK</c>, <c>L4CON</c> ...); <see langword="null"/> if there is none.
    /// </summary>
    public string? CheckStatus { get; init; }

    /// <summary>The same in more words.</summary>
    public string? CheckDescription { get; init; }

    /// <summary>The server whose state it follows, as <c>BACKEND/SERVER</c> (<c>track</c>); <see langword="null"/> for none.</summary>
    public string? Tracks { get; init; }

    /// <summary>
    /// Whether it takes traffic, and its last check passed. HAProxy calls a server up that was just ordered back, and one whose first
    /// check failed: <c>UP 1/n</c>.
    /// </summary>
    internal bool IsProven => State == BackendServerState.Up
        && (CheckStatus is not { } check || (Passed().IsMatch(check) && !Status.StartsWith("UP 1/", StringComparison.Ordinal)));

    /// <summary>How many checks count towards its state; <see langword="null"/> if all that can.</summary>
    internal int? ChecksCounted => Status.Split(' ') is [_, { } counted] && counted.Split('/') is [{ } number, _]
        && int.TryParse(number, CultureInfo.InvariantCulture, out int checks) ? checks : null;

    /// <summary>How long it has this status, in seconds.</summary>
    [Measurement]
    public required long SinceSeconds { get; init; }

    /// <summary>How long it was down since HAProxy started, in seconds.</summary>
    [Measurement]
    public required long DowntimeSeconds { get; init; }

    /// <summary>Requests that wait for it.</summary>
    [Measurement]
    public required long QueueLength { get; init; }

    /// <summary>Sessions now.</summary>
    [Measurement]
    public required long CurrentSessions { get; init; }

    /// <summary>Sessions since HAProxy started.</summary>
    [Measurement]
    public required long SessionsTotal { get; init; }

    // Management Guide, 9.1, check_status: L4OK, L6OK, L7OK, L7OKC, PROCOK.
    [GeneratedRegex(@"OKC?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Passed();

    // The word itself is looked up in HaproxyWords.States; n/m counts checks towards the next state.
    [GeneratedRegex(@"^(?<word>[A-Za-z]+( check)?)( \d+/\d+| \((agent|resolution|via [^)]+)\))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex StatusWord();
}
