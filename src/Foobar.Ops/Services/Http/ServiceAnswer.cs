using System.Text;

namespace Foobar.Ops.Services.Http;

/// <summary>What a service answered, whole and within the limit.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Body">The body, decompressed.</param>
internal sealed record ServiceAnswer(ServiceRequest Request, int Status, byte[] Body)
{
    /// <summary>How long the service asks to wait; <see langword="null"/> if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Where the service points to; <see langword="null"/> for nowhere.</summary>
    public Uri? Location { get; init; }

    /// <summary>Whether the service took the request.</summary>
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);
}
