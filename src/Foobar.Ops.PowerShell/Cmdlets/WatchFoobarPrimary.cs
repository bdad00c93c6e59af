using System.Collections;
using System.Management.Automation;
using System.Threading.Channels;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Remoting;
using Foobar.Ops.Sending;
using Foobar.Ops.Services;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Watches the primary, tells what becomes of it, and puts a replica in its place when it dies.</summary>
[Cmdlet(VerbsCommon.Watch, "FoobarPrimary", SupportsShouldProcess = true)]
[OutputType(typeof(WatchEvent))]
public sealed class WatchFoobarPrimary : FailoverCmdlet
{
    /// <summary>The name of the engine event that is raised for each event.</summary>
    private const string EventName = "Foobar.Ops.Watch";

    // Telling must neither hold up a failover nor the end of the watch.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(20);

    /// <summary>How often the primary is asked, in seconds.</summary>
    [Parameter]
    [ValidateRange(0.2, 3600.0)]
    public double IntervalSeconds { get; set; } = 1;

    /// <summary>How long to watch, in seconds; until it is stopped unless given.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int DurationSeconds { get; set; }

    /// <summary>Whether a replica takes the place of a dead primary by itself.</summary>
    [Parameter]
    public SwitchParameter Failover { get; set; }

    /// <summary>Whether the old primary is made a replica by itself when it is back.</summary>
    [Parameter]
    public SwitchParameter Rejoin { get; set; }

    /// <summary>For how long after a failover no other is begun, in minutes.</summary>
    [Parameter]
    [ValidateRange(0, 525600)]
    public int BlockMinutes { get; set; } = 60;

    /// <summary>The program that is told of each event.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NotifyCommand { get; set; }

    /// <summary>The services that are sent each event, as the inventory declares them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ReceivingServiceCompleter))]
    public string[] Service { get; set; } = [];

    /// <summary>The keys of the services.</summary>
    [Parameter]
    public IDictionary? ServiceCredential { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        ISiteSession site = OpenSite();
        ServiceNotifier[] senders =
        [
            .. Service.Select(name => Try(() => new ServiceNotifier(site.Site, name, new SendOptions { Log = ActivityRelay.Shared }))),
        ];
        CommandNotifier? command = NotifyCommand is null ? null : new(SessionState.Path.GetUnresolvedProviderPathFromPSPath(NotifyCommand));
        if (!ShouldProcess(site.Site.Name, Failover ? "Watch the primary, and fail over by itself when it is dead" : "Watch the primary"))
        {
            return;
        }

        using ServiceKeys keys = Try(() => ServiceKeyFinder.Find(this, ServiceCredential, [.. senders.Select(sender => sender.Service)]));
        WatchOptions options = new()
        {
            Interval = TimeSpan.FromSeconds(IntervalSeconds),
            Failover = Failover,
            Rejoin = Rejoin,
            BlockFor = TimeSpan.FromMinutes(BlockMinutes),
            Limits = Limits(),
        };
        Run((output, token) => WatchAsync(site, options, new Telling(command, senders, keys, output), output, token));
    }

    private async Task WatchAsync(
        ISiteSession site, WatchOptions options, Telling telling, CmdletOutput output, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (IsGiven(nameof(DurationSeconds)))
        {
            end.CancelAfter(TimeSpan.FromSeconds(DurationSeconds));
        }

        WatchLog log = new(site.Site);
        Task told = telling.RunAsync(cancellationToken);
        try
        {
            await foreach (WatchEvent each in PrimaryWatch.RunAsync(site, options, end.Token))
            {
                output.Write(each);
                output.Raise(EventName, each);
                telling.Add(each);
                Note(log, each, output);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It was watched for as long as was asked.
        }
        finally
        {
            telling.End();
            await Task.WhenAny(told, Task.Delay(LastWords, CancellationToken.None));
        }
    }

    private static void Note(WatchLog log, WatchEvent each, CmdletOutput output)
    {
        try
        {
            log.Append(each);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            output.Warn($"The event {each.Kind} could not be noted in {log.Path}: {error.Message}");
        }
    }

    /// <summary>Tells others of events, one after another, beside the watch.</summary>
    private sealed class Telling(CommandNotifier? command, ServiceNotifier[] senders, ServiceKeys keys, CmdletOutput output)
    {
        private readonly Channel<WatchEvent> _events = Channel.CreateBounded<WatchEvent>(new BoundedChannelOptions(
            1000) { FullMode = BoundedChannelFullMode.DropOldest });

        public void Add(WatchEvent each) => _events.Writer.TryWrite(each);

        public void End() => _events.Writer.TryComplete();

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            await foreach (WatchEvent each in _events.Reader.ReadAllAsync(cancellationToken))
            {
                await TryAsync(() => command?.NotifyAsync(each, cancellationToken) ?? Task.CompletedTask);
                foreach (ServiceNotifier sender in senders)
                {
                    await TryAsync(async () =>
                    {
                        foreach (FoobarException error in await sender.NotifyAsync(each, keys, cancellationToken))
                        {
                            output.Fail(error, sender.Service.Name);
                        }
                    });
                }
            }
        }

        private async Task TryAsync(Func<Task> tell)
        {
            try
            {
                await tell();
            }
            catch (FoobarException error)
            {
                output.Fail(error);
            }
        }
    }
}
