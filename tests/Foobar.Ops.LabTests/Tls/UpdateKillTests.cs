using System.Diagnostics;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>
/// A certificate change whose process gets SIGKILL at each of its steps: every file is old or new, every program would start, and a second
/// run finishes.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class UpdateKillTests(LabFixture labs, ITestOutputHelper output)
{
    /// <summary>
    /// Where the process dies: after the end of a step, so many milliseconds; in the default run a few, which the seed chooses.
    /// </summary>
    public static TheoryData<string, int> Deaths => new(
        from death in (((string Step, int Delay)[])
        [
            (DoomedUpdate.Beginning, 20),
            (DoomedUpdate.Beginning, 60),
            ("stage web-02", 0),
            ("stage web-02", 15),
            ("stage web-02", 60),
            ("install web-01", 0),
            ("install web-01", 15),
            ("activate web-01", 0),
            ("activate web-01", 40),
            ("confirm web-01", 0),
            ("confirm web-01", 30),
            ("install web-02", 0),
            ("activate web-02", 0),
            ("confirm site", 0),
            ("keep web-01", 0),
            ("keep web-02", 0),
        ]).Index()
        where Sample.Has(death.Index, 10)
        select (death.Item.Step, death.Item.Delay));

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task Killed_at_any_step_each_server_has_the_old_or_the_new_one_and_a_second_run_finishes(string step, int delay)
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs, TlsVariant.Web);
        await AssertPairsAsync(bed);
        string path = bed.IssueSite();
        string[] before = [await bed.TraceAsync("web-01"), await bed.TraceAsync("web-02")];
        await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, UpdateTests.Doors(bed));

        await DoomedUpdate.KillAsync(bed.Lab.Inventory, bed.State, path, step, TimeSpan.FromMilliseconds(delay));

        // What had been begun on a server apart from the session comes to its end there.
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        await AssertPairsAsync(bed);
        CertificateChangeResult again = await bed.UpdateAsync(path);
        long since = Stopwatch.GetTimestamp();
        (int handshakes, IReadOnlyList<string> failed, _, IReadOnlySet<string> young) = await load.StopAsync(since);

        output.WriteLine(
            $"{step} +{delay} ms: {handshakes} handshakes; then {string.Join(", ", again.Steps.Select(static one => one.Step))}");
        Assert.True(again.Outcome == PlanOutcome.Completed, $"{again.Error}\n{string.Join('\n', again.Steps)}");
        Assert.Empty(failed);
        Assert.Equal([UpdateTests.Fingerprint(path)], young);
        foreach (string server in (string[])["web-01", "web-02"])
        {
            Assert.StartsWith(
                "kept.", (await bed.Lab.RunAsync(server, "ls -A /var/lib/foobar-ops/certificate")).Trim(), StringComparison.Ordinal);
        }

        Assert.All(await bed.PreviewAsync(path), static preview => Assert.False(preview.IsChange));
        CertificateChangeResult undone = await bed.UndoAsync();
        Assert.True(undone.Outcome == PlanOutcome.Completed, undone.Error);
        string[] after = [await bed.TraceAsync("web-01"), await bed.TraceAsync("web-02")];
        Assert.Equal(before, after);
    }

    // Each certificate goes with its key, and nginx would start.
    private static async Task AssertPairsAsync(UpdateBed bed)
    {
        foreach (string server in (string[])["web-01", "web-02"])
        {
            await bed.Lab.RunAsync(
                server,
                "nginx -t -q && [ \"$(openssl pkey -in /etc/nginx/tls/site.pem -pubout)\" = \"$(openssl x509 -in /etc/nginx/tls/site.pem "
                    + "-noout -pubkey)\" ] && ! ls -A /etc/nginx/tls | grep -v -x -e site.pem -e site-rsa.pem -e '\\.site.pem.foobar'");
        }
    }
}
