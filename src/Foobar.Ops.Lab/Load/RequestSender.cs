using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Load;

/// <summary>A request that a sender sent.</summary>
/// <param name="Number">Its number, which stands in its path: <c>/livez?i=TAG-NUMBER</c>.</param>
/// <param name="Sent">When, in UTC.</param>
/// <param name="Answered">When it was answered; <see langword="null"/> if it was not.</param>
internal sealed record SentRequest(int Number, DateTimeOffset Sent, DateTimeOffset? Answered);

/// <summary>A visitor that sends requests over HTTPS at a steady rate, and knows when it sent each.</summary>
internal sealed class RequestSender : IAsyncDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TimeSpan _limit;
    private readonly Task<string> _output, _errors;

    private RequestSender(Process process, TimeSpan duration, string tag)
    {
        (_process, _limit, Tag) = (process, duration + Margin, tag);
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What stands before the numbers of this sender.</summary>
    public string Tag { get; }

    /// <summary>Starts one.</summary>
    /// <param name="lab">The lab whose site is visited.</param>
    /// <param name="rate">Requests a second.</param>
    /// <param name="duration">How long.</param>
    /// <param name="connections">Over how many connections, each kept as long as the site keeps it.</param>
    public static async Task<RequestSender> StartAsync(RaisedLab lab, int rate, TimeSpan duration, int connections)
    {
        string tag = Guid.NewGuid().ToString("N")[..8];
        string address = lab.Plan.SitePublic.V4.ToString();
        ProcessStartInfo start = lab.Prepare("outside", string.Create(
            CultureInfo.InvariantCulture,
            $"exec python3 - {address} {LabPlan.SiteName} {rate} {duration.TotalSeconds} {connections} {tag}"));
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        RequestSender sender = new(Process.Start(start)!, duration, tag);
        await sender._process.StandardInput.WriteAsync(Resources.Read("load/request-sender.py"));
        sender._process.StandardInput.Close();
        return sender;
    }

    /// <summary>Waits until all were sent, and gives them.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<IReadOnlyList<SentRequest>> SentAsync()
    {
        string output = await _output.WaitAsync(_limit);
        await _process.WaitForExitAsync().WaitAsync(_limit);
        return _process.ExitCode == 0
            ? [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)]
            : throw new InvalidOperationException($"The sender ended with {_process.ExitCode}: {await _errors}");
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static SentRequest Read(string line)
    {
        string[] fields = line.Split(' ');
        return new SentRequest(
            int.Parse(fields[0], CultureInfo.InvariantCulture), Time(fields[1]), fields[2] == "-" ? null : Time(fields[2]));
    }

    private static DateTimeOffset Time(string seconds) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
}
