using Foobar.Ops.Remoting;

namespace Foobar.Ops.Services.Http;

/// <summary>The limits within which a service is asked.</summary>
internal sealed record ServiceHttpOptions
{
    /// <summary>How long one request may take, its answer included. Default: 30 seconds.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request with all its repetitions may take. Default: 2 minutes.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a request is repeated at most. Default: 4.</summary>
    public int Repetitions { get; init; } = 4;

    /// <summary>The wait before the first repetition; doubled each time, with jitter. Default: 0.5 seconds.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many bytes an answer may have, decompressed. Default: 64 MiB.</summary>
    public int MaximumBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>A PEM file with the authorities to trust; <see langword="null"/> for the system's.</summary>
    public string? TrustedAuthorities { get; init; }

    /// <summary>Takes note of each request; <see langword="null"/> for nobody.</summary>
    public IActivityLog? Log { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
