using Foobar.Ops.Planning;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>How a certificate change is made.</summary>
public sealed record CertificateChangeOptions
{
    /// <summary>The files of certificates that alone are replaced, wildcards too; none for all that the new one is for.</summary>
    public IReadOnlyList<string> Places { get; init; } = [];

    /// <summary>The key's path on the servers; <see langword="null"/> if it is read with the certificate.</summary>
    public string? ServerKey { get; init; }

    /// <summary>The authorities that the chain must lead to; <see langword="null"/> for those of the policy.</summary>
    public string? TrustedAuthorities { get; init; }

    /// <summary>Whether the new certificate may lack names of what it replaces.</summary>
    public bool AcceptLostNames { get; init; }

    /// <summary>Whether clients of TLS 1.2 may be shut out, for whom no cipher suite goes with the new kind of key.</summary>
    public bool AcceptLostClients { get; init; }

    /// <summary>Whether a change is undone though something else has changed its files since.</summary>
    public bool AcceptLaterChanges { get; init; }
}

/// <summary>What a certificate change would do to one server, told before anything is changed.</summary>
public sealed record CertificateChangePreview
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>Its place in the order of the change, counted from 1.</summary>
    public required int Order { get; init; }

    /// <summary>Whether anything would change.</summary>
    public required bool IsChange { get; init; }

    /// <summary>The certificate that would be served.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>The certificates that would be served no more.</summary>
    public IReadOnlyList<Certificate> Replaces { get; init; } = [];

    /// <summary>The files that would be written, each with what, its mode, owner and group.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The processes that would be changed, each with how.</summary>
    public IReadOnlyList<string> Processes { get; init; } = [];

    /// <summary>The endpoints that would be looked at afterwards, each with the name asked for and from where.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Of an undo: which change it would undo; <see langword="null"/> otherwise.</summary>
    public string? Undoes { get; init; }

    /// <summary>What was put right in what was given, and what could not be followed, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Why the change would be refused, each beginning with the error's id; empty if it would not.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>The change in one line.</summary>
    public string Summary => IsChange
        ? FormattableString.Invariant(
            $"{(Undoes is null ? "install" : "bring back")} '{Certificate.Subject}' (until {Certificate.NotAfter.UtcDateTime:yyyy-MM-dd}) in {Files.Count} file{(Files.Count == 1 ? "" : "s")}{(Processes.Count == 0 ? "" : $"; {string.Join("; ", Processes)}")}")
        : "as wanted";

    /// <summary>What a person must know of the change, a line each.</summary>
    public IReadOnlyList<string> Outline => (string[])
    [
        .. Undoes is null ? (string[])[] : [$"undoes {Undoes}"],
        .. Files.Select(static line => $"writes {line}"),
        .. Processes,
        .. Endpoints.Select(static line => $"looks at {line}"),
        .. Notes.Select(static line => $"note: {line}"),
        .. Refusals.Count == 0
            ? (string[])[]
            : [$"would be refused: {string.Join(", ", Refusals.Select(static line => line.Split(':')[0]))}"],
    ];
}

/// <summary>What became of a certificate change.</summary>
public sealed record CertificateChangeResult
{
    /// <summary>How it ended.</summary>
    public required PlanOutcome Outcome { get; init; }

    /// <summary>The servers that were to be changed, in order.</summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>The certificate.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>The files that were written, as <c>server: path</c>.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>The endpoints that serve it, each looked at over fresh handshakes.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>What was put right in what was given, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Its steps, in order.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>The first failure; <see langword="null"/> if there was none.</summary>
    public string? Error { get; init; }

    /// <summary>The path of its journal.</summary>
    public required string Journal { get; init; }
}
