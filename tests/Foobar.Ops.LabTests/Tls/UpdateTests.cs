using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>Certificates renewed under a load of new handshakes: none fails, and afterwards all serve the new one.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class UpdateTests(LabFixture labs, ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Where TLS ends, and whether the site has grown.</summary>
    public static TheoryData<string, bool> Variants => new(
        Sample.Of(from tls in Enum.GetValues<TlsVariant>() from grown in (bool[])[false, true] select ($"{tls}", grown), 6));

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task Under_a_load_of_new_handshakes_none_fails_and_afterwards_all_serve_the_new_one(string tls, bool grown)
    {
        TlsVariant variant = Enum.Parse<TlsVariant>(tls);
        await RenewUnderLoadAsync(variant, grown);

        // A lab that only stands there takes its share of the machine.
        if (Sample.IsAll && variant != TlsVariant.Edge)
        {
            await labs.RetireAsync(options => options.Tls == variant && options.Grown == grown);
        }
    }

    private async Task RenewUnderLoadAsync(TlsVariant variant, bool grown)
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs, variant, grown);
        Dictionary<string, string> before = await TracesAsync(bed);
        string processes = await bed.ProcessesAsync("lb-01");
        string path = bed.IssueSite();
        await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, Doors(bed));

        CertificateChangeResult result = await bed.UpdateAsync(path);

        long since = Stopwatch.GetTimestamp();
        Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Error}\n{string.Join('\n', result.Steps)}");
        (int handshakes, IReadOnlyList<string> failed, IReadOnlySet<string> old, IReadOnlySet<string> young) = await load.StopAsync(since);
        output.WriteLine(
            $"{variant} grown={grown}: {handshakes} handshakes, {failed.Count} failed, "
                + $"{result.Steps.Sum(static step => step.Duration.TotalSeconds):F2} s of steps");
        Assert.Empty(failed);
        Assert.True(handshakes > 50, $"{handshakes} handshakes only");
        Assert.Equal([Fingerprint(path)], young);
        Assert.Contains(old, one => one != Fingerprint(path));
        Assert.Equal(variant == TlsVariant.Web ? ["web-01", "web-02"] : ["lb-01"], result.Servers);
        Assert.NotEmpty(result.Endpoints);

        // No process was replaced at the balancer, and no file changed its owner or mode; the other kind of key stays.
        Assert.Equal(processes, await bed.ProcessesAsync("lb-01"));
        Dictionary<string, string> after = await TracesAsync(bed);
        foreach (string server in result.Servers)
        {
            Assert.NotEqual(before[server], after[server]);
            Assert.Equal(Rights(before[server]), Rights(after[server]));
        }

        await AssertStartsAsync(bed, result.Servers, Fingerprint(path));
        CertificateChangeResult undone = await bed.UndoAsync();

        Assert.True(undone.Outcome == PlanOutcome.Completed, undone.Error);
        Assert.Equal(before, await TracesAsync(bed));
    }

    [Fact]
    public async Task Behind_a_balancer_that_encrypts_again_a_web_server_gets_its_own_while_visitors_come()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs, TlsVariant.Reencrypt, grown: true);
        LabServer web = bed.Lab.Plan.Find("web-01");
        string path = bed.Issue(new CertificateRequestDetails
        {
            CommonName = web.Name,
            DnsNames = [web.Name],
            Addresses = [.. web.Links.SelectMany(static link => (IPAddress[])[link.V4, link.V6])],
        });
        await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, Doors(bed));

        CertificateChangeResult result = await bed.UpdateAsync(path);

        Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Error}\n{string.Join('\n', result.Steps)}");
        Assert.Equal(["web-01"], result.Servers);
        Assert.Empty((await load.StopAsync(0)).Failed);
        await AssertStartsAsync(bed, ["web-01"], Fingerprint(path));

        // The database's certificate is for the same names.
        string served = await bed.Lab.RunAsync(
            web.Name,
            "openssl s_client -starttls mysql -unix \"$(mysql -NBe 'SELECT @@socket')\" </dev/null 2>/dev/null | openssl x509 -noout "
                + "-fingerprint -sha256",
            cancel: Token);
        Assert.Equal(Fingerprint(path), served.Trim().Split('=')[^1].Replace(":", "", StringComparison.Ordinal), ignoreCase: true);
    }

    [Fact]
    public async Task A_second_run_changes_nothing_and_a_reload_is_planned_where_the_socket_is_no_admin()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string path = bed.IssueSite();
        await bed.UpdateAsync(path);
        Assert.All(await bed.PreviewAsync(path), static preview => Assert.False(preview.IsChange));
        string another = bed.IssueSite();
        await bed.Lab.RunAsync(
            "lb-01",
            "cp -p /etc/haproxy/haproxy.cfg /root/haproxy.cfg && sed -i 's/level admin/level operator/' /etc/haproxy/haproxy.cfg && "
                + "systemctl restart haproxy",
            cancel: Token);
        try
        {
            CertificateChangePreview preview = Assert.Single(await bed.PreviewAsync(another));
            Assert.Contains("HAProxy is reloaded: its socket has the level operator, not admin", preview.Processes);
            await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, Doors(bed));
            CertificateChangeResult result = await bed.UpdateAsync(another);
            long since = Stopwatch.GetTimestamp();
            Assert.True(result.Outcome == PlanOutcome.Completed, result.Error);
            (_, IReadOnlyList<string> failed, _, IReadOnlySet<string> young) = await load.StopAsync(since);
            Assert.Empty(failed);
            Assert.Equal([Fingerprint(another)], young);
        }
        finally
        {
            await bed.Lab.RunAsync("lb-01", "cp -p /root/haproxy.cfg /etc/haproxy/haproxy.cfg && systemctl restart haproxy", cancel: Token);
        }
    }

    [Fact]
    public async Task What_a_program_would_not_start_with_is_put_back_at_once()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string before = await bed.TraceAsync("lb-01");
        string path = bed.IssueSite();

        // A program that refuses every certificate but the one it has.
        await bed.Lab.RunAsync("lb-01", """
            cat > /usr/local/sbin/haproxy <<'END'
            #!/bin/sh
            grep -q -F "$(sed -n 3p /root/leaf)" /etc/haproxy/certs/www.foobar.com.pem || { echo '[ALERT] it is not to my taste' >&2; exit 1; }
            END
            chmod 755 /usr/local/sbin/haproxy; cp /etc/haproxy/certs/www.foobar.com.pem /root/leaf
            mv /usr/sbin/haproxy /usr/sbin/haproxy.real && ln -s /usr/local/sbin/haproxy /usr/sbin/haproxy
            """, cancel: Token);
        try
        {
            CertificateChangeResult result = await bed.UpdateAsync(path);

            Assert.Equal(PlanOutcome.Undone, result.Outcome);
            Assert.Contains("it is not to my taste", result.Error, StringComparison.Ordinal);
            Assert.Equal(before, await bed.TraceAsync("lb-01"));
            Assert.Equal("", await bed.Lab.RunAsync("lb-01", "ls /var/lib/foobar-ops/certificate"));
        }
        finally
        {
            await bed.Lab.RunAsync(
                "lb-01",
                "rm -f /usr/sbin/haproxy /usr/local/sbin/haproxy /root/leaf; mv /usr/sbin/haproxy.real /usr/sbin/haproxy",
                cancel: Token);
        }
    }

    [Fact]
    public async Task Cancelled_in_the_middle_everything_is_as_before()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string before = await bed.TraceAsync("lb-01");
        string path = bed.IssueSite();
        using CancellationTokenSource source = new();

        CertificateChangeResult result = await bed.UpdateAsync(
            path, cancellationToken: source.Token, progress: new Canceller(source, "activate lb-01"));

        Assert.Equal(PlanOutcome.Undone, result.Outcome);
        Assert.Equal(before, await bed.TraceAsync("lb-01"));
        await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, Doors(bed));
        (_, IReadOnlyList<string> failed, _, IReadOnlySet<string> served) = await load.StopAsync(0);
        Assert.Empty(failed);
        Assert.DoesNotContain(Fingerprint(path), served);
    }

    [Fact]
    public async Task A_kind_of_key_that_no_suite_of_TLS_1_2_goes_with_is_taken_back()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string before = await bed.TraceAsync("lb-01");

        CertificateChangeResult result = await bed.UpdateAsync(bed.IssueSite(rsa: true));

        Assert.Equal(PlanOutcome.Undone, result.Outcome);
        Assert.Contains("TLS 1.2", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, await bed.TraceAsync("lb-01"));
        Assert.Equal("", await bed.Lab.RunAsync("lb-01", "ls /var/lib/foobar-ops/certificate"));
        await using HandshakeLoad load = await HandshakeLoad.StartAsync(bed.Lab, LabPlan.SiteName, Doors(bed));
        Assert.Empty((await load.StopAsync(0)).Failed);
        Assert.Equal(
            PlanOutcome.Completed,
            (await bed.UpdateAsync(bed.IssueSite(rsa: true), options: new CertificateChangeOptions { AcceptLostClients = true })).Outcome);
    }

    [Fact]
    public async Task A_pair_of_linked_files_in_a_directory_changes_as_one_and_the_links_stay()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        await bed.Lab.RunAsync("lb-01", """
            cp -p /etc/haproxy/haproxy.cfg /root/haproxy.cfg
            mkdir -p /srv/tls /etc/haproxy/pairs
            sed -n '/BEGIN CERT/,/END CERT/p' /etc/haproxy/certs/www.foobar.com.pem > /srv/tls/real.crt
            sed -n '/PRIVATE/,/PRIVATE/p' /etc/haproxy/certs/www.foobar.com.pem > /srv/tls/real.key
            chown haproxy:haproxy /srv/tls/real.key; chmod 640 /srv/tls/real.key
            ln -s /srv/tls/real.crt /etc/haproxy/pairs/site.pem; ln -s /srv/tls/real.key /etc/haproxy/pairs/site.pem.key
            sed -i 's#crt /etc/haproxy/certs/www.foobar.com.pem#crt /etc/haproxy/pairs/#' /etc/haproxy/haproxy.cfg
            systemctl restart haproxy
            """, cancel: Token);
        try
        {
            string path = bed.IssueSite();
            CertificateChangeResult result = await bed.UpdateAsync(path);

            Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Error}\n{string.Join('\n', result.Steps)}");
            Assert.Equal(["lb-01: /srv/tls/real.crt", "lb-01: /srv/tls/real.key"], result.Files);
            Assert.Equal("640 haproxy haproxy\n", await bed.Lab.RunAsync("lb-01", "stat -c '%a %U %G' /srv/tls/real.key"));
            Assert.Equal("/srv/tls/real.crt\n/srv/tls/real.key\n", await bed.Lab.RunAsync("lb-01", "readlink /etc/haproxy/pairs/*"));
            Assert.Equal("1\n", await bed.Lab.RunAsync("lb-01", "grep -c BEGIN /srv/tls/real.key"));
            string said = await bed.Lab.RunAsync(
                "lb-01",
                "haproxy -c -q -f /etc/haproxy/haproxy.cfg && openssl x509 -in /srv/tls/real.crt -noout -fingerprint -sha256 | tr -d :");
            Assert.Contains(Fingerprint(path), said, StringComparison.Ordinal);
        }
        finally
        {
            await bed.Lab.RunAsync(
                "lb-01",
                "cp -p /root/haproxy.cfg /etc/haproxy/haproxy.cfg; rm -rf /srv/tls /etc/haproxy/pairs; systemctl restart haproxy",
                cancel: Token);
        }
    }

    [Fact]
    public async Task A_database_that_has_a_certificate_for_the_same_names_takes_it_for_new_connections()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        IssuedCertificate old = bed.Lab.Authority.IssueSite();
        string path = bed.IssueSite();
        string before = (await bed.Lab.RunAsync("web-01", "mysql -NBe 'SELECT @@ssl_cert, @@ssl_key'"))
            .Trim()
            .Replace("\t", "' '", StringComparison.Ordinal);
        await bed.Lab.RunAsync(
            "web-01", "install -d -o mysql -g mysql -m 700 /var/lib/mysql/site; cat > /var/lib/mysql/site/cert.pem", old.Chain);
        await bed.Lab.RunAsync(
            "web-01",
            "cd /var/lib/mysql/site; cat > key.pem; chown mysql:mysql *; chmod 400 key.pem; mysql -e \"SET GLOBAL "
                + "ssl_cert='site/cert.pem', GLOBAL ssl_key='site/key.pem'; ALTER INSTANCE RELOAD TLS\"",
            old.Key);
        try
        {
            CertificateChangeResult result = await bed.UpdateAsync(path);

            Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Error}\n{string.Join('\n', result.Steps)}");
            Assert.Contains("web-01: /var/lib/mysql/site/key.pem", result.Files);
            Assert.Equal("400 mysql mysql\n", await bed.Lab.RunAsync("web-01", "stat -c '%a %U %G' /var/lib/mysql/site/key.pem"));

            // From the other member: from itself no account may come over TCP.
            string served = await bed.Lab.RunAsync(
                "web-02",
                $"sleep 1 | timeout 10 openssl s_client -starttls mysql -connect {bed.Lab.Plan.Find("web-01").Links[0].V4}:3306 > "
                    + "/tmp/seen 2>&1; openssl x509 -in /tmp/seen -noout -fingerprint -sha256 2>&1 | tr -d :; cat /tmp/seen");
            Assert.Contains(Fingerprint(path), served, StringComparison.Ordinal);
            CertificateChangeResult undone = await bed.UndoAsync();
            Assert.True(undone.Outcome == PlanOutcome.Completed, undone.Error);
        }
        finally
        {
            string[] words = before.Split("' '");
            await bed.Lab.RunAsync(
                "web-01",
                $"mysql -e \"SET GLOBAL ssl_cert='{words[0]}', GLOBAL ssl_key='{words[1]}'; ALTER INSTANCE RELOAD TLS\"; rm -rf "
                    + "/var/lib/mysql/site");
        }
    }

    internal static IPEndPoint[] Doors(UpdateBed bed) =>
        [new(bed.Lab.Plan.Addresses.BalancerPublic.V4, 443), new(bed.Lab.Plan.Addresses.BalancerPublic.V6, 443)];

    internal static string Fingerprint(string path)
    {
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(File.ReadAllText(path));
        return leaf.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static string Rights(string trace) => string.Join('\n', trace.Split('\n').Where(static line => line.Length < 60));

    // The next start serves the same: the program agrees, and the file on its disk holds it.
    private static async Task AssertStartsAsync(UpdateBed bed, IReadOnlyList<string> servers, string fingerprint)
    {
        foreach (string server in servers)
        {
            string said = await bed.Lab.RunAsync(
                server,
                "haproxy -c -q -f /etc/haproxy/haproxy.cfg && { [ ! -d /etc/nginx/tls ] || nginx -t -q; }; for f in "
                    + "/etc/haproxy/certs/*.pem /etc/nginx/tls/*.pem; do [ ! -f $f ] || openssl x509 -in $f -noout -fingerprint -sha256 | "
                    + "tr -d :; done");
            Assert.Contains(fingerprint, said, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static async Task<Dictionary<string, string>> TracesAsync(UpdateBed bed)
    {
        Dictionary<string, string> traces = [];
        foreach (string server in UpdateBed.Servers)
        {
            traces[server] = await bed.TraceAsync(server);
        }

        return traces;
    }

    private sealed class Canceller(CancellationTokenSource source, string step) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
