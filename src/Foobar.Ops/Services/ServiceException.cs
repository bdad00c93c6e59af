using Foobar.Ops.Errors;

namespace Foobar.Ops.Services;

/// <summary>
/// A monitoring service could not be asked or sent to. Names the service, the address without secrets, and what was expected.
/// </summary>
public sealed class ServiceException : FoobarException
{
    /// <summary>Creates an error.</summary>
    /// <param name="errorId">The stable id.</param>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="service">The service, as declared.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ServiceException(string errorId, ErrorKind kind, string service, string message, Exception? innerException = null)
        : base(errorId, kind, $"{service}: {message}", innerException) => Service = service;

    /// <summary>The service.</summary>
    public string Service { get; }

    /// <summary>The status of HTTP that it answered with; <see langword="null"/> if no answer came.</summary>
    public int? Status { get; init; }

    /// <summary>How long the service asks to wait (RFC 9110, 10.2.3); <see langword="null"/> if it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed later: no connection, no answer in time, 408, 429, 5xx.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the service may have acted on the request although no whole answer came.</summary>
    public bool MayHaveArrived { get; init; }
}
