using Foobar.Ops.Traffic;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>Why the counts of one window differ from component to component.</summary>
public sealed class ReconciliationTests
{
    private static readonly TrafficRate[] Rates =
    [
        Rate(
            "lb-01", TrafficOrigin.HaproxyFrontend, "www-http", 10,
            new TrafficBreakdown { Redirections = 10, AnsweredItself = 0, Denied = 0, RequestErrors = 0, Connections = 10 }),
        Rate(
            "lb-01", TrafficOrigin.HaproxyFrontend, "www-https", 1000,
            new TrafficBreakdown { AnsweredItself = 0, Denied = 25, RequestErrors = 5, Connections = 40 }),
        Rate("lb-01", TrafficOrigin.HaproxyBackend, "web", 970, new TrafficBreakdown { Retries = 2 }),
        Rate("lb-01", TrafficOrigin.HaproxyServer, "web/web-01", 485, new TrafficBreakdown { HealthChecks = 10, Retries = 0 }),
        Rate("web-01", TrafficOrigin.NginxStatus, "requests", 495, new TrafficBreakdown { OpenConnections = 1 }),
        Rate("web-01", TrafficOrigin.NginxAccessLog, "/var/log/nginx/access.log", 494, null),
        Rate("web-01", TrafficOrigin.Database, "Questions", 1485, null),
    ];

    [Fact]
    public void Each_step_is_explained()
    {
        IReadOnlyList<TrafficDifference> steps = TrafficReconciliation.Explain(TestSite.Create(), Rates);

        Assert.All(steps, step => Assert.True(step.IsExplained, $"{step}"));
        Assert.Equal(
            [
                ("connections of visitors", 50L, 1010L),
                ("requests to HAProxy", 1010L, 970L),
                ("requests sent by HAProxy", 485L, 495L),
                ("requests to nginx", 495L, 494L),
                ("requests to nginx on all servers", 495L, 1485L),
            ],
            steps.Select(step => (step.From, step.FromCount, step.ToCount)));
        Assert.Equal("Redirected -10, Denied -25, RequestErrors -5", string.Join(", ", steps[1].Reasons));
        Assert.Equal("HealthChecks 10", string.Join(", ", steps[2].Reasons));
        Assert.Equal(3.0, steps[4].Ratio);
    }

    [Fact]
    public void What_no_reason_covers_is_said()
    {
        TrafficRate[] rates =
        [
            .. Rates.Select(
                rate => rate.Origin == TrafficOrigin.NginxStatus ? rate with { Count = 600, CountLower = 600, CountUpper = 600 } : rate),
        ];

        TrafficDifference step = TrafficReconciliation.Explain(TestSite.Create(), rates).Single(each => each.To == "requests to nginx");

        Assert.False(step.IsExplained);
        Assert.InRange(step.UnexplainedLower!.Value, 100, 105);
        Assert.InRange(step.UnexplainedUpper!.Value, 105, 110);
    }

    [Fact]
    public void A_count_without_an_upper_bound_leaves_no_bound_on_what_is_unexplained()
    {
        TrafficRate[] rates =
        [
            .. Rates.Select(rate => rate.Origin == TrafficOrigin.NginxAccessLog ? rate with { CountUpper = null } : rate),
        ];

        TrafficDifference step = TrafficReconciliation.Explain(TestSite.Create(), rates)
            .Single(each => each.To == "lines in its access logs");

        Assert.Null(step.UnexplainedUpper);
        Assert.NotNull(step.UnexplainedLower);
    }

    private static TrafficRate Rate(string server, TrafficOrigin origin, string name, long count, TrafficBreakdown? breakdown) => new()
    {
        Server = server,
        Origin = origin,
        Name = name,
        Unit = origin == TrafficOrigin.Database ? TrafficUnit.Statements : TrafficUnit.Requests,
        Start = TestSite.Now,
        End = TestSite.Now + TimeSpan.FromSeconds(10),
        WindowSeconds = 10,
        Count = count,
        CountLower = count,
        CountUpper = count,
        Breakdown = breakdown,
    };
}
