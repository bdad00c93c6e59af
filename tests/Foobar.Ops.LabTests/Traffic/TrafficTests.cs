using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.LabTests.Traffic;

/// <summary>Counts beside those of a sender who knows when it sent each request.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class TrafficTests(LabFixture labs)
{
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static bool IsThorough => Environment.GetEnvironmentVariable("FOOBAR_LAB_THOROUGH") == "1";

    /// <summary>Requests a second, and for how many seconds they are counted.</summary>
    public static TheoryData<int, int> Loads { get; } = IsThorough
        ? new() { { 50, 30 }, { 500, 30 }, { 5000, 10 } }
        : new() { { 50, 8 }, { 500, 8 } };

    [Theory]
    [MemberData(nameof(Loads))]
    public async Task HAProxy_nginx_and_logs_count_what_the_sender_sent(int rate, int seconds)
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        await using HeldChecks held = await HeldChecks.HoldAsync(lab);
        await using RequestSender sender = await RequestSender.StartAsync(
            lab, rate, TimeSpan.FromSeconds(seconds + 6), Math.Clamp(rate / 100, 2, 16));
        await Task.Delay(Before, Cancel);

        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        TrafficMeasurement measured = await TrafficMeter.MeasureAsync(
            session, session.Site.Servers, TimeSpan.FromSeconds(seconds), [], Cancel);
        TrafficTruth truth = new(await sender.SentAsync(), sender.Tag);

        Assert.Empty(measured.Errors);
        Assert.True(
            truth.Sent.Min(request => request.Sent) < measured.Start && truth.Sent.Max(request => request.Sent) > measured.End,
            "The sender did not send all the time.");
        foreach (TrafficRate[] rates in (TrafficRate[][])[
            Of(measured, TrafficOrigin.HaproxyFrontend, "www-https"), Of(measured, TrafficOrigin.HaproxyBackend, "web"),
            Of(measured, TrafficOrigin.HaproxyServer, "web/web-01", "web/web-02"), Of(measured, TrafficOrigin.NginxStatus),
            Of(measured, TrafficOrigin.NginxAccessLog)])
        {
            truth.Holds(rates);
            truth.IsNear(rates);
        }

        // What HAProxy sends to each web server is what nginx counts there; checks are held.
        Assert.All(
            TrafficReconciliation.Explain(session.Site, measured.Rates)
                .Where(each => each.From.Contains("HAProxy", StringComparison.Ordinal)),
            each => Assert.True(each.IsExplained || each.To == "requests to nginx", $"{each}"));
        TrafficRate https = Of(measured, TrafficOrigin.HaproxyFrontend, "www-https")[0];
        Assert.InRange(https.Breakdown!.Successful!.Value, https.Count!.Value - 10, https.Count.Value + 10);
    }

    [Fact]
    public async Task Whatever_is_restarted_or_rotated_within_a_window_the_truth_lies_within_the_bounds()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        await using HeldChecks held = await HeldChecks.HoldAsync(lab);
        await using RequestSender sender = await RequestSender.StartAsync(lab, 200, TimeSpan.FromSeconds(38), 4);
        await Task.Delay(Before, Cancel);

        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        Task<IReadOnlyList<DateTimeOffset>> statements = StatementsAsync(lab, "web-02", TimeSpan.FromSeconds(34));
        (string Server, string Command)[] events =
        [
            ("lb-01", "systemctl reload haproxy"),
            ("web-01", "systemctl restart nginx"),
            ("web-02", "cd /var/log/nginx && mv access.log access.log.1 && sleep 1 && kill -USR1 $(cat /run/nginx.pid)"),
            ("web-02", "systemctl restart mariadb"),
            ("lb-01", "systemctl restart haproxy"),
        ];
        List<TrafficMeasurement> windows = [];
        await foreach (TrafficMeasurement window in TrafficMeter.StreamAsync(
            session, session.Site.Servers, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(24), [], Cancel))
        {
            windows.Add(window);
            if (windows.Count <= events.Length)
            {
                await Task.Delay(TimeSpan.FromSeconds(1.3), Cancel);
                await lab.RunAsync(events[windows.Count - 1].Server, events[windows.Count - 1].Command, cancel: Cancel);
                await HeldChecks.HoldAsync(lab);
            }
        }

        TrafficTruth truth = new(
            await sender.SentAsync(), sender.Tag), first = await truth.OnAsync(lab, "web-01"), second = await truth.OnAsync(lab, "web-02");
        IReadOnlyList<DateTimeOffset> asked = await statements;
        Assert.Equal(events.Length + 1, windows.Count);
        Assert.All(windows, window =>
        {
            truth.Holds(Of(window, TrafficOrigin.HaproxyFrontend, "www-https"));
            first.Holds([.. Of(window, TrafficOrigin.NginxStatus).Where(rate => rate.Server == "web-01")]);
            second.Holds([.. Of(window, TrafficOrigin.NginxStatus).Where(rate => rate.Server == "web-02")]);
            first.Holds([.. Of(window, TrafficOrigin.NginxAccessLog).Where(rate => rate.Server == "web-01")]);
            second.Holds([.. Of(window, TrafficOrigin.NginxAccessLog).Where(rate => rate.Server == "web-02")]);
            TrafficRate database = window.Rates.Single(rate => rate is { Server: "web-02", Name: "Questions" });
            int done = asked.Count(time => time >= window.Start && time <= window.End);
            Assert.True(database.CountLower <= done + 25 && database.CountUpper >= done - 1, $"{done} statements; {database}");
        });
        Assert.Contains(
            windows, window => window.Rates.Any(rate => rate.Note?.Contains("were not seen", StringComparison.Ordinal) == true));
    }

    private static TrafficRate[] Of(TrafficMeasurement measured, TrafficOrigin origin, params string[] names) =>
        [.. measured.Rates.Where(rate => rate.Origin == origin && (names.Length == 0 || names.Contains(rate.Name)))];

    /// <summary>
    /// Sends statements to a database, one after another, and tells when each was answered; opens a connection anew when it is lost.
    /// </summary>
    private static async Task<IReadOnlyList<DateTimeOffset>> StatementsAsync(RaisedLab lab, string server, TimeSpan duration)
    {
        List<DateTimeOffset> answered = [];
        await using SiteSession session = new(InventoryLoader.Load(lab.Inventory));
        DateTimeOffset end = DateTimeOffset.UtcNow + duration;
        IDatabaseSession? database = null;
        while (DateTimeOffset.UtcNow < end)
        {
            try
            {
                database ??= await session.OpenDatabaseAsync(server, Cancel);
                await database.ExecuteAsync("DO 1", cancellationToken: Cancel);
                answered.Add(DateTimeOffset.UtcNow);
            }
            catch (Errors.FoobarException)
            {
                database = null;
            }

            await Task.Delay(20, Cancel);
        }

        return answered;
    }

    /// <summary>Holds HAProxy's checks of the web servers, which nginx counts too.</summary>
    private sealed class HeldChecks(RaisedLab lab) : IAsyncDisposable
    {
        public static async Task<HeldChecks> HoldAsync(RaisedLab lab)
        {
            await SayAsync(lab, "disable health web/web-01;disable health web/web-02");
            return new HeldChecks(lab);
        }

        public async ValueTask DisposeAsync() => await SayAsync(lab, "enable health web/web-01;enable health web/web-02");

        private static Task<string> SayAsync(RaisedLab lab, string command) =>
            lab.RunAsync("lb-01", $"echo '{command}' | socat -t5 - UNIX-CONNECT:/run/haproxy/admin.sock");
    }
}
