using System.Globalization;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.LabTests.Traffic;

/// <summary>What a sender knows of a window: a request was counted some time between being sent and being answered.</summary>
internal sealed class TrafficTruth(IReadOnlyList<SentRequest> sent, string tag)
{
    /// <summary>Half a per cent; on a machine that does other work too, where readings take longer, three times that.</summary>
    private static readonly double Share = Environment.GetEnvironmentVariable("FOOBAR_LAB_THOROUGH") == "1" ? 0.005 : 0.015;

    /// <summary>All of them.</summary>
    public IReadOnlyList<SentRequest> Sent => sent;

    /// <summary>The requests that reached a web server, by the numbers in its logs, rotated ones too.</summary>
    public async Task<TrafficTruth> OnAsync(RaisedLab lab, string server)
    {
        string found = await lab.RunAsync(server, $"cat /var/log/nginx/access.log* | grep -o 'i={tag}-[0-9]*' | sort -u");
        HashSet<int> numbers =
        [
            .. found.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => int.Parse(line[(line.IndexOf('-', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture)),
        ];
        return new TrafficTruth([.. sent.Where(request => numbers.Contains(request.Number))], tag);
    }

    /// <summary>The fewest and the most that can have been counted within the window of a rate.</summary>
    public (int Least, int Most) Within(TrafficRate rate) => (
        sent.Count(request => request.Sent >= rate.Start && request.Answered is { } answered && answered <= rate.End),
        sent.Count(request => request.Sent <= rate.End && (request.Answered ?? request.Sent + TimeSpan.FromSeconds(5)) >= rate.Start));

    /// <summary>Sees that the truth lies within the bounds.</summary>
    /// <param name="rate">The rate, or several of one kind together.</param>
    public void Holds(params TrafficRate[] rate)
    {
        (int least, int most) = Within(rate[0]);
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{rate[0].Server} {rate[0].Origin} {rate[0].Name}: the truth is {least} to {most}, the bounds {rate.Sum(each => each.CountLower)} to {rate.Sum(each => each.CountUpper)}; {rate[0].Note}");
        TestContext.Current.SendDiagnosticMessage(what);
        Assert.True(rate.Sum(each => each.CountLower) <= most && rate.Sum(each => each.CountUpper) >= least, what);
    }

    /// <summary>Sees that the best figure is near the truth, or within what the sender can tell.</summary>
    public void IsNear(params TrafficRate[] rate)
    {
        (int least, int most) = Within(rate[0]);
        double middle = (least + most) / 2.0, off = Math.Abs(rate.Sum(each => each.Count!.Value) - middle);
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{rate[0].Origin} {rate[0].Name}: counted {rate.Sum(each => each.Count)}, the truth is {least} to {most}");
        TestContext.Current.SendDiagnosticMessage(what);
        Assert.True(off <= Math.Max(middle * Share, ((most - least) / 2.0) + 1), what);
    }
}
