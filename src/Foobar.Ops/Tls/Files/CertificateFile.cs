using Foobar.Ops.Findings;

namespace Foobar.Ops.Tls.Files;

/// <summary>A file on a server that holds a certificate, where it is used, and what is really served there.</summary>
public sealed record CertificateFile
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>The certificate itself: the first in the file.</summary>
    public required Certificate Leaf { get; init; }

    /// <summary>The others in the file, in its order.</summary>
    public IReadOnlyList<Certificate> Intermediates { get; init; } = [];

    /// <summary>Where it is used.</summary>
    public IReadOnlyList<CertificateUse> Uses { get; init; } = [];

    /// <summary>
    /// Whether the running program serves it; <see langword="null"/> where that is not known (<see cref="LoadProblem"/>), or where
    /// no program serves it, since it is a client's.
    /// </summary>
    public bool? IsLoaded { get; init; }

    /// <summary>What the running program serves instead; <see langword="null"/> unless it is another one.</summary>
    public Certificate? Served { get; init; }

    /// <summary>Why it is not known whether it is served; <see langword="null"/> if it is.</summary>
    public string? LoadProblem { get; init; }

    /// <summary>The handshake by which this was seen; <see langword="null"/> if there was none.</summary>
    public string? Evidence { get; init; }

    /// <summary>When it was looked at, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>Whole days until it expires, counted from <see cref="Time"/>; negative once it has.</summary>
    public int DaysLeft => (int)Math.Floor((Leaf.NotAfter - Time).TotalDays);

    /// <summary>The share of its lifetime that is left, counted from <see cref="Time"/>: 1 at its beginning, 0 from its end on.</summary>
    public double ShareLeft => Leaf.ShareLeftAt(Time);
}
