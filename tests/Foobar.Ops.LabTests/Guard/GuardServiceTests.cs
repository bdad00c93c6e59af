using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Foobar.Ops.Lab;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Guard;

/// <summary>The unit and the hook of the runbook, as they stand there, on a lab's server with a PowerShell of its own.</summary>
[Collection(OtherLabCollection.Name)]
public sealed partial class GuardServiceTests(LabFixture labs, ITestOutputHelper output)
{
    private const string Server = "lb-01", Journal = "journalctl -u foobar-guard --no-pager -o cat";

    private const string Remove = "rm -f /etc/systemd/system/foobar-guard.service; systemctl daemon-reload";

    private const string Account = """
        id foobar-guard >/dev/null 2>&1 || useradd --system --create-home --home-dir /home/foobar-guard foobar-guard
        install -d /etc/foobar /opt/powershell /usr/local/share/powershell/Modules
        printf '#!/bin/sh\nDOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 exec /usr/share/dotnet/dotnet /opt/powershell/pwsh.dll "$@"\n' > /usr/bin/pwsh
        printf '#!/bin/sh\ncat >> /var/lib/foobar-guard/mail\n' > /usr/bin/mail
        chmod 755 /usr/bin/pwsh /usr/bin/mail
        """;

    [Fact]
    public async Task The_service_of_the_runbook_replaces_a_primary_that_is_killed()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MariaDb");
        await InstallUnitAsync(bed.Lab, cancel);
        Assert.Equal("", await bed.Lab.RunAsync(Server, "systemd-analyze verify foobar-guard.service 2>&1", cancel: cancel));

        // The rest takes a PowerShell on the server, and a minute.
        if (!Sample.IsAll)
        {
            await bed.Lab.RunAsync(Server, Remove, cancel: cancel);
            return;
        }

        await bed.WaitUntilCaughtUpAsync();
        await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        await InstallAsync(bed.Lab, cancel);
        try
        {
            await bed.Lab.RunAsync(Server, "systemctl daemon-reload; systemctl enable --now foobar-guard", cancel: cancel);
            await UntilAsync(bed.Lab, "Healthy", cancel);
            await bed.Lab.RunAsync(old, "systemctl kill --signal=KILL mariadb", cancel: cancel);
            await UntilAsync(bed.Lab, "Rejoined", cancel);
            string said = await bed.Lab.RunAsync(Server, Journal, cancel: cancel);
            output.WriteLine(said);
            Assert.Contains($"FailedOver: {candidate} took the place of {old}", said, StringComparison.Ordinal);
            Assert.Equal([candidate], await bed.PrimariesAsync());
            string mail = await bed.Lab.RunAsync(Server, "cat /var/lib/foobar-guard/mail", cancel: cancel);
            string[] kinds =
            [
                .. mail.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("kind").GetString()!),
            ];
            Assert.Equal(["Suspected", "Dead", "FailedOver", "Rejoined"], kinds);
        }
        finally
        {
            await bed.Lab.RunAsync(Server, $"systemctl disable --now foobar-guard; {Remove}", cancel: CancellationToken.None);
            await new WatchSwitch(bed.Session).ResumeAsync(CancellationToken.None);
        }
    }

    private static async Task InstallUnitAsync(RaisedLab lab, CancellationToken cancel)
    {
        string runbook = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "runbooks", "automatic-failover.md"), cancel);
        await lab.RunAsync(Server, Account, cancel: cancel);
        await lab.RunAsync(
            Server, "cat > /etc/systemd/system/foobar-guard.service", input: Unit().Match(runbook).Groups[1].Value, cancel: cancel);
        await lab.RunAsync(
            Server,
            "cat > /usr/local/bin/foobar-notify; chmod 755 /usr/local/bin/foobar-notify",
            input: Hook().Match(runbook).Groups[1].Value, cancel: cancel);
    }

    private static async Task InstallAsync(RaisedLab lab, CancellationToken cancel)
    {
        string directory = Path.GetDirectoryName(lab.Inventory)!;
        foreach (string name in (string[])["foobar.json", "ssh_config", "known_hosts", "root-ca.pem", "operator_ed25519"])
        {
            string text = (await File.ReadAllTextAsync(Path.Combine(directory, name), cancel))
                .Replace(directory, "/etc/foobar", StringComparison.Ordinal);
            await lab.RunAsync(Server, $"cat > /etc/foobar/{name}", input: text, cancel: cancel);
        }

        await lab.RunAsync(
            Server, "chown foobar-guard /etc/foobar/operator_ed25519; chmod 600 /etc/foobar/operator_ed25519", cancel: cancel);
        Match starter = Starter().Match(await File.ReadAllTextAsync(Path.Combine(Repository.Root, ".tools", "pwsh"), cancel));
        string dotnet = Path.GetDirectoryName(starter.Groups[1].Value)!;
        await CopyAsync(lab, dotnet, ["dotnet", "host", "shared/Microsoft.NETCore.App"], "/usr/share/dotnet", cancel);
        await CopyAsync(lab, Path.GetDirectoryName(starter.Groups[2].Value)!, ["."], "/opt/powershell", cancel);
        await CopyAsync(lab, Path.Combine(Repository.Root, "output"), ["Foobar.Ops"], "/usr/local/share/powershell/Modules", cancel);
    }

    private static async Task CopyAsync(RaisedLab lab, string from, string[] what, string to, CancellationToken cancel)
    {
        using Process packing = Process.Start(new ProcessStartInfo(
            "tar", ["-C", from, "-chf", "-", .. what]) { RedirectStandardOutput = true })!;
        ProcessStartInfo start = lab.Prepare(Server, $"mkdir -p {to} && tar -C {to} -xf -");
        start.RedirectStandardInput = true;
        using Process unpacking = Process.Start(start)!;
        await packing.StandardOutput.BaseStream.CopyToAsync(unpacking.StandardInput.BaseStream, cancel);
        unpacking.StandardInput.Close();
        await packing.WaitForExitAsync(cancel);
        await unpacking.WaitForExitAsync(cancel);
        Assert.Equal((0, 0), (packing.ExitCode, unpacking.ExitCode));
    }

    private static async Task UntilAsync(RaisedLab lab, string kind, CancellationToken cancel)
    {
        string said = "";
        for (int attempt = 0; attempt < 120; attempt++)
        {
            said = await lab.RunAsync(Server, Journal, cancel: cancel);
            if (said.Contains($": {kind}: ", StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancel);
        }

        Assert.Fail($"No event {kind} came. The journal: {said}");
    }

    [GeneratedRegex("```ini\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Unit();

    [GeneratedRegex("reads one line of JSON.*?```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Hook();

    [GeneratedRegex("exec '([^']*)' exec '([^']*)'")]
    private static partial Regex Starter();
}
