using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Raising;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>Raising, repairing and removing labs, also when the program is killed in between.</summary>
[Collection(LabCollection.Name)]
public sealed class RaisingTests(LabFixture labs)
{
    private static readonly string Name = string.Create(CultureInfo.InvariantCulture, $"ci-{Environment.ProcessId}-killed");

    [Fact]
    public async Task Killed_anywhere_it_is_finished_by_the_next_raise_and_removed_without_a_trace()
    {
        await labs.RequireAsync(DatabaseFlavour.MariaDb);
        TimeSpan building = await TimeUntilAllBootAsync();

        foreach (double part in Sample.IsAll ? (double[])[0.2, 0.4, 0.55, 0.7, 0.85, 1.1] : [0.4, 0.85, 1.1])
        {
            using Process raising = Start("up", "--name", Name, "--database", "mariadb");
            await Task.Delay(building * part);
            raising.Kill();
            await raising.WaitForExitAsync();
            if (part is 0.4 or 0.7 || (Sample.IsAll && part > 1))
            {
                Assert.Equal(0, await RunAsync("up", "--name", Name, "--database", "mariadb"));
                Assert.Null(await new Readiness(RaisedLab.Open(Name).Plan).SiteTroubleAsync(CancellationToken.None));
            }

            await RemoveWithoutTraceAsync();
        }
    }

    [Fact]
    public async Task Servers_killed_with_their_supervisors_are_removed_without_a_trace()
    {
        await labs.RequireAsync(DatabaseFlavour.MariaDb);
        string propagated = $"/run/systemd/nspawn/propagate/{Name}-web-01";
        using Process raising = Start("up", "--name", Name, "--database", "mariadb");
        for (int attempt = 0; attempt < 600 && !Directory.Exists(propagated); attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        raising.Kill();
        await raising.WaitForExitAsync();
        ControlGroups.Kill(Name, "web-01", string.Empty);
        Assert.True(Directory.Exists(propagated));
        await RemoveWithoutTraceAsync();
    }

    /// <summary>How long it takes until all servers are booting; from then on the program only waits.</summary>
    private static async Task<TimeSpan> TimeUntilAllBootAsync()
    {
        Stopwatch time = Stopwatch.StartNew();
        using Process raising = Start("up", "--name", Name, "--database", "mariadb");
        while (await raising.StandardOutput.ReadLineAsync() is string line && !line.Contains("Waiting until", StringComparison.Ordinal))
        {
        }

        TimeSpan building = time.Elapsed;
        raising.Kill();
        await raising.WaitForExitAsync();
        await RemoveWithoutTraceAsync();
        return building;
    }

    private static async Task RemoveWithoutTraceAsync()
    {
        int slot = LabRecord.Find(Name)?.Slot ?? 0;
        Assert.Equal(0, await RunAsync("down", "--name", Name));
        Assert.Empty(await Traces.FindAsync(Name, slot));
    }

    [Fact]
    public async Task Raised_again_it_stays_as_it_is()
    {
        RaisedLab lab = await labs.RequireAsync();
        string before = await lab.RunAsync("web-01", "cat /proc/1/stat");

        await RaisedLab.UpAsync(lab.Plan.Options, new Progress<string>(), CancellationToken.None);

        Assert.Equal(before.Split(' ')[21], (await lab.RunAsync("web-01", "cat /proc/1/stat")).Split(' ')[21]);
    }

    [Fact]
    public async Task Another_kind_under_the_same_name_is_refused()
    {
        RaisedLab lab = await labs.RequireAsync();

        LabException error = await Assert.ThrowsAsync<LabException>(() =>
            RaisedLab.UpAsync(lab.Plan.Options with { Tls = TlsVariant.Web }, new Progress<string>(), CancellationToken.None));

        Assert.Contains("--tls edge", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_one_raises_it_another_is_refused()
    {
        RaisedLab lab = await labs.RequireAsync();
        using LabLock held = LabLock.Take($"lab.{lab.Plan.Options.Name}", "test");

        LabException error = await Assert.ThrowsAsync<LabException>(() => lab.DownAsync(CancellationToken.None));

        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_reboots_comes_back_with_what_its_disk_holds_and_nothing_more()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        string boot = await lab.RunAsync("lb-01", "cat /proc/sys/kernel/random/boot_id");
        await lab.RunAsync("lb-01", "nft add table inet leftover; touch /var/tmp/kept; reboot");

        for (int attempt = 0; attempt < 300 && await BootAsync() == boot; attempt++)
        {
            await Task.Delay(100);
        }

        await lab.ReadyAsync(CancellationToken.None);
        Assert.NotEqual(boot, await BootAsync());
        Assert.DoesNotContain("leftover", await lab.RunAsync("lb-01", "nft list tables"), StringComparison.Ordinal);
        await lab.RunAsync("lb-01", "rm /var/tmp/kept");

        async Task<string> BootAsync()
        {
            try
            {
                return await lab.RunAsync("lb-01", "cat /proc/sys/kernel/random/boot_id");
            }
            catch (LabException)
            {
                return boot;
            }
        }
    }

    [Fact]
    public async Task After_a_power_cut_a_server_boots_again()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);

        await lab.PowerOffAsync("web-02");
        Assert.NotNull(await new Readiness(lab.Plan).ServerTroubleAsync(lab.Plan.Find("web-02"), CancellationToken.None));
        await lab.PowerOnAsync("web-02");

        await lab.ReadyAsync(CancellationToken.None);
    }

    private static async Task<int> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync(), process.WaitForExitAsync());
        return process.ExitCode;
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is string host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        ["exec", Path.Combine(AppContext.BaseDirectory, "foobar-lab.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
