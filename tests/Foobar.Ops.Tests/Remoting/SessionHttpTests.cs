using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What a failed request through a session says.</summary>
public sealed class SessionHttpTests
{
    public static TheoryData<Exception, string> Failures => new()
    {
        { new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout."), "no answer within 10 s" },
        { new HttpRequestException("A connection could not be established.", new TimeoutException()), "no answer within 10 s" },
        { new HttpRequestException("Connection refused"), "Connection refused" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_request_that_ran_out_of_time_names_the_limit(Exception error, string reason) =>
        Assert.Equal(reason, SessionHttp.Reason(error));
}
