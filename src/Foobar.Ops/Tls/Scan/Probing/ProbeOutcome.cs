using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>How a connection ended.</summary>
internal enum ProbeEnd
{
    /// <summary>The endpoint answered with a ServerHello.</summary>
    Answered,

    /// <summary>It answered with an alert.</summary>
    Alerted,

    /// <summary>It closed the connection without a word, in order.</summary>
    Closed,

    /// <summary>It did not answer with TLS.</summary>
    Garbled,

    /// <summary>No answer came: a time limit, a reset, no connection.</summary>
    Lost,
}

/// <summary>What came of one ClientHello.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Flight">What was read.</param>
/// <param name="Reason">Why there is no answer, after "it"; what the alert was.</param>
/// <param name="Error">The exception behind it, where there is one.</param>
internal sealed record ProbeOutcome(ProbeEnd End, ServerFlight Flight, string? Reason = null, Exception? Error = null)
{
    /// <summary>The ServerHello, if it is of the version that was offered.</summary>
    public ServerHello? HelloOf(TlsVersion version) => End == ProbeEnd.Answered && Flight.Hello?.Version == version ? Flight.Hello : null;

    /// <summary>
    /// Whether it says that nothing of the offer suits: an alert, but for those about other things than version and suites, an
    /// earlier version instead, or, from an endpoint that answers others, the end of the connection in order. OpenSSL sends
    /// internal_error for a version whose signatures its security level forbids, so that one counts too.
    /// </summary>
    public bool Refuses(TlsVersion version) => End switch
    {
        ProbeEnd.Answered => Flight.Hello is { } hello && hello.Version < version,
        ProbeEnd.Alerted =>
            Flight.Alert is not (AccessDenied or UserCanceled or AlertText.UnrecognizedName or AlertText.NoApplicationProtocol),
        ProbeEnd.Closed => true,
        _ => false,
    };

    /// <summary>What was seen, for people.</summary>
    public string Text => End switch
    {
        ProbeEnd.Answered =>
            Flight.Hello is { } hello ? $"answered with {hello.Version.Text()}, {CipherSuite.Of(hello.Suite)}" : "answered",
        ProbeEnd.Alerted => $"alert {AlertText.Of(Flight.Alert!.Value)}",
        _ => Reason ?? "no answer",
    };

    private const byte AccessDenied = 49, UserCanceled = 90;
}
