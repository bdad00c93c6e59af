using System.Diagnostics;
using Foobar.Ops.Findings;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>Private keys wherever HAProxy and nginx load them from, with the script run by this machine's shell on real files.</summary>
public sealed class KeySearchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-keys");

    private string Certs => _directory.FullName + "/certs";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Keys_beside_a_certificate_and_in_a_list_are_found_and_fail()
    {
        Write("certs/site.pem", isKey: false);
        Write("certs/site.pem.key", isKey: true);
        Write("certs/shop.pem", isKey: true);
        Write("certs/dir/inner.pem", isKey: true, mode: "600");
        Write("list.txt", $"{Certs}/shop.pem [alpn h2,http/1.1] shop.example.com\n# {Certs}/no.pem\n{Certs}/dir/\n");

        IReadOnlyList<Finding> findings = await FindAsync(
            $"global\n crt-base {Certs}\nfrontend https\n bind :443 ssl crt site.pem\n"
                + $" bind :8443 ssl crt-list {_directory.FullName}/list.txt\n",
            "");

        Assert.Equal(
            [
                (Environment.UserName == "root" ? FindingStatus.Pass : FindingStatus.Fail, $"{Certs}/dir/inner.pem"),
                (FindingStatus.Fail, $"{Certs}/shop.pem"),
                (FindingStatus.Fail, $"{Certs}/site.pem.key"),
            ],
            findings.Brief());
    }

    [Theory]
    [InlineData("frontend f\n bind :443 ssl crt BASE/a.pem\n", "a.pem.ecdsa", "a.pem.rsa")]
    [InlineData("frontend f\n bind :443 ssl crt BASE/a.pem\n", "a.pem.rsa.key")]
    [InlineData("frontend f\n bind :443 ssl crt \"BASE/a b.pem\" alpn h2\n", "a b.pem")]
    [InlineData("frontend f\n\tbind\t:443\tssl\tcrt\tBASE/a.pem\n", "a.pem")]
    [InlineData("frontend f\n bind :443 ssl crt BASE/a.pem crt BASE/b.pem\n", "a.pem", "b.pem")]
    [InlineData("frontend f\n bind :443 ssl default-crt BASE/a.pem\n", "a.pem")]
    [InlineData("frontend f\n ssl-f-use crt BASE/a.pem\n", "a.pem")]
    [InlineData("global\n ssl-load-extra-del-ext\nfrontend f\n bind :443 ssl crt BASE/a.crt\n", "a.key")]
    [InlineData("frontend f\n bind :443 ssl crt BASE/sub/\n", "sub/a.pem", "sub/a.pem.key")]
    [InlineData("frontend f\n bind :443 ssl ca-sign-file BASE/ca.pem generate-certificates\n", "ca.pem")]
    [InlineData("backend b\n server s 192.0.2.1:443 ssl verify required crt BASE/client.pem\n", "client.pem")]
    [InlineData("backend b\n default-server ssl crt BASE/client.pem\n", "client.pem")]
    [InlineData("global\n stats socket 192.0.2.1:1 ssl crt BASE/a.pem\n", "a.pem")]
    [InlineData(
        "crt-store web\n crt-base BASE\n key-base BASE/keys\n load crt \"a.crt\" key \"a.key\"\nfrontend f\n"
            + " bind :443 ssl crt @web/a.crt\n",
        "keys/a.key")]
    [InlineData("global\n crt-base BASE\n key-base BASE/keys\ncrt-store\n load key a.key crt a.crt\n", "keys/a.key")]
    [InlineData("acme LE\n account-key BASE/account.key\n", "account.key")]
    public async Task Each_way_to_name_a_key_is_followed(string haproxy, params string[] keys)
    {
        foreach (string key in keys)
        {
            Write("certs/" + key, isKey: true);
        }

        IReadOnlyList<Finding> findings = await FindAsync(haproxy.Replace("BASE", Certs, StringComparison.Ordinal), "");

        Assert.Equal(
            keys.Select(key => (FindingStatus.Fail, (string?)$"{Certs}/{key}")),
            findings.Where(finding => finding.Status == FindingStatus.Fail).Brief().OrderBy(brief => brief.Target));
    }

    [Theory]
    [InlineData("http { server { listen 443 ssl; ssl_certificate_key BASE/a.key; } }", "a.key")]
    [InlineData("http { server { listen 443 ssl; ssl_certificate_key\n\"BASE/a b.key\"; ssl_certificate_key BASE/b.key; } }", "a b.key",
        "b.key")]
    [InlineData("stream { server { listen 1; proxy_ssl_certificate_key BASE/a.key; } }", "a.key")]
    [InlineData("http { grpc_ssl_certificate_key BASE/a.key; }", "a.key")]
    public async Task Each_way_of_nginx_to_name_a_key_is_followed(string nginx, params string[] keys)
    {
        foreach (string key in keys)
        {
            Write("certs/" + key, isKey: true);
        }

        IReadOnlyList<Finding> findings = await FindAsync("", nginx.Replace("BASE", Certs, StringComparison.Ordinal));

        Assert.Equal(keys.Select(key => (FindingStatus.Fail, (string?)$"{Certs}/{key}")), findings.Brief().OrderBy(brief => brief.Target));
    }

    [Theory]
    [InlineData("== mysqld\n--ssl-key=BASE/a.key\n", "a.key")]
    [InlineData("== mariadbd\n--datadir=BASE\n--loose_ssl_key=b.key\n", "b.key")]
    [InlineData("== mysqld\n--datadir=BASE\n", "server-key.pem")]
    [InlineData("== mysqld\n--ssl-key=/nowhere\n--ssl-key=BASE/c.key\n", "c.key")]
    public async Task The_key_of_a_database_is_found(string options, string key)
    {
        Write("certs/" + key, isKey: true);

        Assert.Equal(
            [(FindingStatus.Fail, (string?)$"{Certs}/{key}")],
            (await FindAsync("", "", options.Replace("BASE", Certs, StringComparison.Ordinal))).Brief());
    }

    [Theory]
    [InlineData("frontend f\n bind :443 ssl crt /nowhere/a.pem\n", "", "no such file")]
    [InlineData("frontend f\n bind :443 ssl crt \"$CERTS/a.pem\"\n", "", "an environment variable")]
    [InlineData("frontend f\n bind :443 ssl crt-list /nowhere/list\n", "", "crt-list /nowhere/list")]
    [InlineData("", "http { ssl_certificate_key /etc/ssl/$ssl_server_name.key; }", "a variable")]
    [InlineData("", "http { ssl_certificate_key engine:pkcs11:1; }", "not in a file")]
    [InlineData("", "http {", "nginx -T")]
    public async Task What_cannot_be_followed_is_not_decided(string haproxy, string nginx, string reason)
    {
        Finding finding = Assert.Single(await FindAsync(haproxy, nginx));

        Assert.Equal(FindingStatus.Unknown, finding.Status);
        Assert.Contains(reason, finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_nothing_is_judged() =>
        Assert.Equal(FindingStatus.NotApplicable, Assert.Single(await FindAsync("frontend f\n bind :80\n", "http { }")).Status);

    private static async Task<IReadOnlyList<Finding>> FindAsync(string haproxy, string nginx, string database = "")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!)
            .On("== usual", "==\n/etc/haproxy/haproxy.cfg\n")
            .On(
                "cat --",
                command => Quoted(command.Script).EndsWith("haproxy.cfg", StringComparison.Ordinal)
                    ? (haproxy, 0, "")
                    : Shell(command.Script))
            .On("master process", nginx)
            .On("my_print_defaults", database)
            .On("PRIVATE KEY", command => Shell(command.Script));
        (Reading<IReadOnlyList<KeyFile>> files, IReadOnlyList<string> doubts) = await KeySearch.RunAsync(
            session, TestContext.Current.CancellationToken);
        CertificateFacts facts = new() { Endpoints = [], KeyFiles = files, KeyDoubts = doubts };
        return
        [
            .. TestSite.Judge(CertificateControls.All, "TLS-008", facts, "lb-01")
                .OrderBy(finding => finding.Target, StringComparer.Ordinal),
        ];
    }

    private static string Quoted(string script) => script.TrimEnd('\'', '\n', ' ');

    private static (string Output, int ExitCode, string Error) Shell(string script)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        using Process shell = Process.Start(start)!;
        Task<string> error = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (output, shell.ExitCode, error.GetAwaiter().GetResult());
    }

    private void Write(string name, bool isKey, string mode = "644") =>
        Write(name, isKey ? "-----BEGIN PRIVATE KEY-----\n" : "-----BEGIN CERTIFICATE-----\n", mode);

    private void Write(string name, string text, string mode = "644")
    {
        string path = Path.Combine(_directory.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        }
    }
}
