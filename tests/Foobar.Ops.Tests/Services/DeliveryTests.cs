using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Sending;
using static Foobar.Ops.Tests.Services.Answers;

namespace Foobar.Ops.Tests.Services;

/// <summary>Nothing is lost while a receiver is down, and nothing is sent again that it took, as far as it tells.</summary>
public sealed class DeliveryTests : IDisposable
{
    private const string Key = PrometheusClientTests.Key;

    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_a_receiver_that_is_down_did_not_take_is_sent_once_when_it_is_up()
    {
        int port;
        await using (FakeService free = FakeService.Start(Whole("{}")))
        {
            port = free.Address.Port;
        }

        MonitoringService hook = Hook(new Uri($"http://127.0.0.1:{port}/hook"));

        (SendResult down, IReadOnlyList<FoobarException> errors) = await SendAsync(hook, Metrics(3));

        Assert.Equal((0, 3), (down.Sent, down.Waiting));
        Assert.Equal(["ServiceUnreachable"], errors.Select(error => error.ErrorId));
        Assert.EndsWith(" 3 entries wait, and go with the next call.", errors[0].Message, StringComparison.Ordinal);
        string file = Assert.Single(Files());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await using FakeService up = FakeService.Start(_ => Whole("{}"), port: port);
        (SendResult later, _) = await SendAsync(hook, Metrics(2));
        (SendResult again, _) = await SendAsync(hook, []);

        Assert.Equal((5, 0), (later.Sent, later.Waiting));
        Assert.Equal((0, 0, 0), (again.Sent, again.Waiting, again.Requests));
        Assert.Equal([3, 2], up.Requests.Select(request => request.Json["entries"]!.AsArray().Count));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task A_lost_answer_makes_a_second_copy_with_the_same_id()
    {
        await using FakeService service = FakeService.Start(DropMidway("{"), Status(500), Status(429, "Retry-After: 1"), Whole("{}"));

        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(Hook(service.Address), Metrics(1));

        Assert.Equal((1, 0), (result.Sent, result.Waiting));
        Assert.Empty(errors);
        Assert.Equal(4, service.Requests.Count);
        Assert.Single(service.Requests.Select(request => request.Headers["Idempotency-Key"]).Distinct());
        Assert.Single(service.Requests.Select(request => request.Body).Distinct());
    }

    [Fact]
    public async Task A_stall_leaves_it_waiting_and_cancelling_too()
    {
        await using FakeService service = FakeService.Start(Stall);
        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(
            Hook(service.Address), Metrics(1), Limits with { TimeLimit = TimeSpan.FromSeconds(0.2), Repetitions = 1 });
        Assert.Equal((0, 1, "ServiceTimeout"), (result.Sent, result.Waiting, errors.Single().ErrorId));

        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(0.2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SendAsync(Hook(service.Address), Metrics(1), cancellationToken: stop.Token));

        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public async Task What_is_refused_for_good_is_set_aside_and_holds_up_nothing()
    {
        await using FakeService service = FakeService.Start(Status(400), Whole("{}"));

        (SendResult refused, IReadOnlyList<FoobarException> errors) = await SendAsync(Hook(service.Address), Metrics(2));
        (SendResult taken, _) = await SendAsync(Hook(service.Address), Metrics(1));

        Assert.Equal((0, 2, 0), (refused.Sent, refused.Refused, refused.Waiting));
        Assert.Equal("EntriesRefused", errors.Single().ErrorId);
        Assert.Equal((1, 0), (taken.Sent, taken.Waiting));
        Assert.EndsWith(".refused", Assert.Single(Files()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_keeps_everything_until_it_is_right()
    {
        await using FakeService service = FakeService.Start(
            request => request.Headers.GetValueOrDefault("Authorization") == $"Bearer {Key}" ? Whole("{}") : Whole($"no {Key}-old", 403));

        (SendResult wrong, IReadOnlyList<FoobarException> errors) = await SendAsync(
            Hook(service.Address), Metrics(2), keys: [new ServiceKey("", new Secret(Key + "-old"))]);
        (SendResult right, _) = await SendAsync(Hook(service.Address), [], keys: [new ServiceKey("", new Secret(Key))]);

        Assert.Equal((2, "ServiceLoginRefused"), (wrong.Waiting, errors.Single().ErrorId));
        Assert.DoesNotContain(Key, errors.Single().ToString(), StringComparison.Ordinal);
        Assert.Equal((2, 0), (right.Sent, right.Waiting));
        Assert.Equal(2, service.Requests.Count);
    }

    [Fact]
    public async Task A_part_that_OTLP_refuses_is_told_and_not_sent_again()
    {
        await using FakeService service = FakeService.Start(
            Whole("""{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}"""));

        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(
            new MonitoringService { Name = "otel", Kind = MonitoringServiceKind.Otlp, Url = service.Address }, Metrics(5));

        Assert.Equal((3, 2, 0), (result.Sent, result.Refused, result.Waiting));
        Assert.Contains("refused 2 of 5 entries: too old", errors.Single().Message, StringComparison.Ordinal);
        Assert.Single(service.Requests);
    }

    [Theory]
    [InlineData(500, 1, 1)]
    [InlineData(503, 5, 0)]
    public async Task OTLP_repeats_only_what_its_specification_lets_it(int status, int requests, int refused)
    {
        await using FakeService service = FakeService.Start(Status(status));

        (SendResult result, _) = await SendAsync(
            new MonitoringService { Name = "otel", Kind = MonitoringServiceKind.Otlp, Url = service.Address }, Metrics(1));

        Assert.Equal((requests, refused), (service.Requests.Count, result.Refused));
    }

    [Fact]
    public async Task What_is_too_old_for_the_service_is_given_up_and_told()
    {
        await using FakeService service = FakeService.Start(Status(202));
        MonitoringService datadog = new() { Name = "dd", Kind = MonitoringServiceKind.Datadog, Url = service.Address };
        ServiceKey[] keys = [new ServiceKey("", new Secret(Key))];

        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(
            datadog, [Metric(1, DateTimeOffset.UtcNow.AddHours(-2))], keys: keys);

        Assert.Equal((0, 1, 0), (result.Sent, result.GivenUp, result.Waiting));
        Assert.Equal("EntriesTooOld", errors.Single().ErrorId);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task What_is_too_old_in_part_is_sent_and_told()
    {
        await using FakeService service = FakeService.Start(Status(202));
        MonitoringService datadog = new() { Name = "dd", Kind = MonitoringServiceKind.Datadog, Url = service.Address };

        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(
            datadog, [Metric(1, DateTimeOffset.UtcNow.AddHours(-2)), .. Metrics(1)], keys: [new ServiceKey("", new Secret(Key))]);

        Assert.Equal((2, 0), (result.Sent, result.GivenUp));
        Assert.Contains("the older ones of them will be missing", errors.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_any_age_is_taken_only_what_waited_for_a_week_is_given_up()
    {
        await using FakeService service = FakeService.Start(Drop, Whole("{}"));
        (SendResult first, _) = await SendAsync(
            Hook(service.Address), [Metric(1, DateTimeOffset.UtcNow.AddYears(-1))], Limits with { Repetitions = 0 });
        (SendResult old, _) = await SendAsync(
            Hook(service.Address), [Metric(1, DateTimeOffset.UtcNow.AddYears(-1))], Limits with { Repetitions = 0 });
        Assert.Equal((1, 2), (first.Waiting, old.Sent));

        Spool spool = new(Path.Combine(_folder, "hook"), 1 << 20);
        spool.Keep(ReceiverFormat.Of(Hook(service.Address), "site").Batches(Metrics(1)).Single(), DateTimeOffset.UtcNow);
        File.SetLastWriteTimeUtc(Files().Single(), DateTime.UtcNow.AddDays(-8));
        (SendResult late, IReadOnlyList<FoobarException> errors) = await SendAsync(Hook(service.Address), []);

        Assert.Equal((0, 1, "EntriesTooOld"), (late.Sent, late.GivenUp, errors.Single().ErrorId));
    }

    [Fact]
    public async Task A_full_spool_gives_up_the_oldest_and_says_so()
    {
        MonitoringService hook = Hook(new Uri("http://127.0.0.1:1/"));
        List<FoobarException> errors = [];
        for (int index = 0; index < 6; index++)
        {
            errors.AddRange((await SendAsync(hook, Metrics(10), Limits with { Repetitions = 0 }, mostBytes: 10_000)).Errors);
        }

        Assert.Contains(errors, error => error.ErrorId == "SpoolFull");
        Assert.True(Files().Sum(file => new FileInfo(file).Length) <= 10_000);
    }

    [Fact]
    public async Task Two_senders_at_once_send_nothing_twice()
    {
        await using FakeService service = FakeService.Start(_ => async (stream, closed) =>
        {
            await Task.Delay(20, closed);
            return await Whole("{}")(stream, closed);
        });
        MonitoringService hook = Hook(service.Address);
        Spool spool = new(Path.Combine(_folder, "hook"), 1 << 20);
        foreach (OutgoingBatch batch in Enumerable.Range(0, 30).SelectMany(_ => ReceiverFormat.Of(hook, "site").Batches(Metrics(1))))
        {
            spool.Keep(batch, DateTimeOffset.UtcNow);
        }

        (SendResult Result, IReadOnlyList<FoobarException>)[] results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => SendAsync(hook, []))));

        Assert.Equal(30, service.Requests.Select(request => request.Headers["Idempotency-Key"]).Distinct().Count());
        Assert.Equal(30, service.Requests.Count);
        Assert.Equal(30, results.Sum(one => one.Result.Sent));
    }

    [Fact]
    public async Task What_a_killed_process_left_half_written_is_not_sent_and_junk_is_set_aside()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "hook"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "hook", "20261128T120000.0000000-a.tmp"), "{\"Id\"", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "hook", "20261128T120000.0000000-b.batch"), "junk", TestContext.Current.CancellationToken);
        await using FakeService service = FakeService.Start(Whole("{}"));

        (SendResult result, IReadOnlyList<FoobarException> errors) = await SendAsync(Hook(service.Address), Metrics(1));

        Assert.Equal((1, 1), (result.Sent, service.Requests.Count));
        Assert.Contains("no batch of this module", errors.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spool_that_can_t_be_written_is_told_before_anything_is_sent()
    {
        await using FakeService service = FakeService.Start(Whole("{}"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "hook"), "a file", TestContext.Current.CancellationToken);

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => SendAsync(Hook(service.Address), Metrics(1)));

        Assert.Equal("SpoolUnusable", error.ErrorId);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task The_secret_address_of_a_source_is_in_no_file_and_no_error()
    {
        const string Token = "ZaVnC4dhaV1Gpq8Y7fEXAMPLEtoken==";
        await using FakeService service = FakeService.Start(
            Whole($"bad token {Token} at /receiver/v1/http/{Token}", 401),
            Status(302, $"Location: https://x.example/receiver/v1/http/{Token}"),
            Drop);
        MonitoringService source = new() { Name = "sumo", Kind = MonitoringServiceKind.SumoLogicSource };
        ServiceKey[] keys = [new ServiceKey("", new Secret($"{service.Address}receiver/v1/http/{Token}"))];

        for (int attempt = 0; attempt < 3; attempt++)
        {
            (_, IReadOnlyList<FoobarException> errors) = await SendAsync(source, Metrics(1), Limits with { Repetitions = 0 }, keys);
            Assert.DoesNotContain(Token, errors.Single().ToString(), StringComparison.Ordinal);
        }

        Assert.Equal($"/receiver/v1/http/{Token}", service.Requests[0].Path);
        Assert.All(Files(), file => Assert.DoesNotContain(Token, File.ReadAllText(file), StringComparison.Ordinal));
        Assert.Equal(
            "ServiceKeyInvalid",
            (await Assert.ThrowsAsync<ServiceException>(
                () => SendAsync(source, [], keys: [new ServiceKey("", new Secret("http://example.com/" + Token))]))).ErrorId);
    }

    [Fact]
    public void A_key_is_not_sent_in_plaintext()
    {
        MonitoringService hook = Hook(new Uri("http://192.0.2.30/"));

        ServiceException error = Assert.Throws<ServiceException>(
            () => ServiceAccess.LoginToSend(hook, [new ServiceKey("ops", new Secret(Key))]));

        Assert.Equal("ServiceKeyInPlaintext", error.ErrorId);
        Assert.Null(ServiceAccess.LoginToSend(hook, []));
    }

    internal static OutgoingMetric Metric(int value, DateTimeOffset time) =>
        new("foobar.server.load1", value, time, new Dictionary<string, string> { ["server"] = "web-01" });

    private static readonly ServiceHttpOptions Limits = PrometheusClientTests.Quick;

    private static OutgoingMetric[] Metrics(int count) =>
        [.. Enumerable.Range(0, count).Select(index => Metric(index, DateTimeOffset.UtcNow))];

    private static MonitoringService Hook(Uri address) => new() { Name = "hook", Kind = MonitoringServiceKind.Webhook, Url = address };

    private string[] Files() => [.. Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories)];

    private async Task<(SendResult Result, IReadOnlyList<FoobarException> Errors)> SendAsync(
        MonitoringService service,
        OutgoingMetric[] metrics,
        ServiceHttpOptions? limits = null,
        ServiceKey[]? keys = null,
        long mostBytes = 1 << 20,
        CancellationToken cancellationToken = default)
    {
        using ServiceHttp http = new(limits ?? Limits);
        ReceiverFormat format = ReceiverFormat.Of(service, "www.foobar.com");
        Delivery delivery = new(
            http, service, format, keys ?? [], new Spool(Path.Combine(_folder, service.Name), mostBytes), TimeProvider.System);
        return await delivery.SendAsync(metrics.Length == 0 ? [] : format.Batches(metrics), cancellationToken);
    }
}
