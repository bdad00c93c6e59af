using System.Text;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Viewing;

/// <summary>A change of a backend's server that the operator asked for while watching.</summary>
/// <param name="Server">The load balancer.</param>
/// <param name="Backend">The backend.</param>
/// <param name="Name">The server's name in it.</param>
/// <param name="State">What is wanted.</param>
public sealed record SiteViewWish(string Server, string Backend, string Name, BackendTarget State);

/// <summary>
/// The live view of a site: reads it, draws it and follows keys, until a key ends it, asks for a change, or it is cancelled. On a
/// terminal it uses the alternate screen, which is left however it ends.
/// </summary>
public sealed class SiteViewer : IAsyncDisposable
{
    private const int PlainWidth = 120;

    // https://invisible-island.net/xterm/ctlseqs/ctlseqs.html: alternate screen, and the cursor's visibility.
    private const string Enter = "\e[?1049h\e[?25l\e[2J", Leave = "\e[?25h\e[?1049l";

    private static readonly TimeSpan KeyPause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _end = new();
    private readonly SiteWatcher _watcher;
    private readonly Task _watching;
    private readonly TimeSpan _interval;
    private SiteState _state;

    /// <summary>Begins to read.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="interval">How often it is read.</param>
    /// <param name="filter">What lines must hold to be shown; empty for all.</param>
    public SiteViewer(ISiteSession site, TimeSpan interval, string filter = "")
    {
        ArgumentNullException.ThrowIfNull(site);
        _interval = interval;
        _state = SiteState.Of(site.Site, DateTimeOffset.UtcNow) with { Filter = filter };
        _watcher = new SiteWatcher(site, interval);
        _watching = Task.Run(() => _watcher.RunAsync(_end.Token));
    }

    /// <summary>Whether this process has a terminal to draw on and to read keys from.</summary>
    public static bool HasTerminal =>
        !Console.IsOutputRedirected && !Console.IsInputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>Draws on the terminal until a key ends it or asks for a change.</summary>
    /// <returns>What is to be changed; <see langword="null"/> if the view is over.</returns>
    public async Task<SiteViewWish?> ShowAsync(CancellationToken cancellationToken)
    {
        IScreenDriver screen = LoadedDrivers.Screen;
        Write(Enter);
        try
        {
            (int Width, int Height) size = default;
            while (!_state.IsOver && _state.Wish is null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await FailIfOverAsync();
                bool changed = TakeIn() | TakeKeys();
                (int Width, int Height) now = Size();
                if (changed || now != size)
                {
                    Write((now != size ? "\e[2J" : "") + screen.Draw(SiteLayout.Screen(_state, now.Width, now.Height), now.Width));
                    size = now;
                }

                await Task.Delay(KeyPause, cancellationToken);
            }
        }
        finally
        {
            Write(Leave);
        }

        BackendWish? wish = _state.Wish;
        _state = _state with { Wish = null };
        return wish is null ? null : new SiteViewWish(wish.Member.Server, wish.Member.Backend, wish.Member.Name, wish.Target);
    }

    /// <summary>Gives plain lines, a block an interval, for what is no terminal.</summary>
    /// <param name="write">Takes a line.</param>
    /// <param name="duration">How long; <see langword="null"/> for until it is cancelled.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task WriteAsync(Action<string> write, TimeSpan? duration, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        long begun = System.Diagnostics.Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(_interval, cancellationToken);
            await FailIfOverAsync();
            if (TakeIn())
            {
                foreach (string line in SiteLayout.Plain(_state, PlainWidth))
                {
                    write(line);
                }
            }
        }
        while (duration is null || System.Diagnostics.Stopwatch.GetElapsedTime(begun) < duration);
    }

    /// <summary>Stops reading.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private bool TakeIn()
    {
        bool any = false;
        while (_watcher.Samples.TryRead(out SiteSample? sample))
        {
            _state = _state.With(sample);
            any = true;
        }

        return any;
    }

    private bool TakeKeys()
    {
        bool any = false;
        while (!_state.IsOver && _state.Wish is null && Console.KeyAvailable)
        {
            _state = _state.With(Console.ReadKey(intercept: true));
            any = true;
        }

        return any;
    }

    // Reading ends by an error only that is not the site's: a fault of this program is shown, not a view that stands still.
    private async Task FailIfOverAsync()
    {
        if (_watching.IsCompleted)
        {
            await _watching;
        }
    }

    private static (int Width, int Height) Size() =>
        Console.WindowWidth is > 0 and int width && Console.WindowHeight is > 0 and int height ? (width, height) : (80, 24);

    // The console's own writer may lack characters of the sparklines where the locale is C.
    private static void Write(string text)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
    }
}
