using Foobar.Ops.Testing;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace Foobar.Ops.Tests.Reporting.Browser;

/// <summary>
/// The machine's own Chromium without a window; it is installed where it is missing. Where it can't be, the tests fail: what no
/// browser has opened is not seen to work.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-report-").FullName;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        Assert.Null(Needs.FindObstacle("chromium"));
        _browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            UserDataDir = Path.Combine(_folder, "profile"),

            // As root Chromium refuses its sandbox; what it opens is ours. It is to ask nobody for anything by itself.
            Args =
            [
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
            Timeout = 60_000,
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Opens a page from a file.</summary>
    /// <param name="html">The page.</param>
    /// <param name="width">How wide the screen is, in CSS pixels.</param>
    /// <param name="dark">Whether the reader prefers dark pages.</param>
    /// <param name="script">Whether scripts run.</param>
    internal async Task<OpenPage> OpenAsync(string html, int width = 1280, bool dark = false, bool script = true)
    {
        string file = Path.Combine(_folder, $"{Guid.NewGuid():N}.html");
        await File.WriteAllTextAsync(file, html);
        OpenPage page = new(await _browser!.NewPageAsync());
        await page.Page.SetViewportAsync(new ViewPortOptions
        {
            Width = width,
            Height = 900,
            IsMobile = width < 600,
            HasTouch = width < 600,
        });
        await page.Page.EmulateMediaFeaturesAsync([
            new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = dark ? "dark" : "light" },
        ]);
        await page.Page.SetJavaScriptEnabledAsync(script);
        await page.Page.GoToAsync(
            new Uri(file).AbsoluteUri, new NavigationOptions { WaitUntil = [WaitUntilNavigation.Load], Timeout = 60_000 });
        return page;
    }
}

/// <summary>A page that was opened, and all that it did.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly List<string> _troubles = [];
    private readonly List<string> _requests = [];

    public OpenPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) => Note(_troubles, $"console {message.Message.Type}: {message.Message.Text}");
        page.PageError += (_, error) => Note(_troubles, $"error: {error.Message}");
        page.Error += (_, error) => Note(_troubles, $"crash: {error.Error}");
        page.Dialog += (_, dialog) => Note(_troubles, $"dialog: {dialog.Dialog.Message}");
        page.Request += (_, request) => Note(_requests, request.Request.Url);
    }

    public IPage Page { get; }

    /// <summary>What went wrong: errors of scripts, what the policy refused, anything on the console.</summary>
    public IReadOnlyList<string> Troubles => Copy(_troubles);

    /// <summary>What it asked for, itself first.</summary>
    public IReadOnlyList<string> Requests => Copy(_requests);

    /// <summary>What an expression is in the page.</summary>
    public Task<T> AskAsync<T>(string expression) => Page.EvaluateExpressionAsync<T>(expression);

    public async ValueTask DisposeAsync() => await Page.DisposeAsync();

    private static void Note(List<string> list, string line)
    {
        lock (list)
        {
            list.Add(line);
        }
    }

    private static string[] Copy(List<string> list)
    {
        lock (list)
        {
            return [.. list];
        }
    }
}
