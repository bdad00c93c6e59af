using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tests.Tls.Files;

/// <summary>Certificate files, read by this machine's shell, beside what a listener on loopback serves.</summary>
public sealed class CertificateFileSearchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-files");
    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2 _old, _new;

    public CertificateFileSearchTests()
    {
        _old = _authority.Issue(["www.foobar.com"], days: 20);
        _new = _authority.Issue(["www.foobar.com"], days: 90);
    }

    public void Dispose()
    {
        _old.Dispose();
        _new.Dispose();
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_whose_certificate_is_served_is_loaded()
    {
        Write("site.pem", _old);

        CertificateFile file = Assert.Single(await FindAsync("crt BASE/site.pem", _old));

        Assert.Equal((true, null, 1), (file.IsLoaded, file.Served, file.Intermediates.Count));
        Assert.Equal(["HAProxy, /etc/haproxy/haproxy.cfg:2 bind 192.0.2.10:443"], file.Uses.Select(use => use.ToString()));
        Assert.Equal("lb-01", file.Server);
    }

    [Fact]
    public async Task A_file_that_was_renewed_and_not_loaded_is_told_with_what_is_served()
    {
        Write("site.pem", _new);

        CertificateFile file = Assert.Single(await FindAsync("crt BASE/site.pem", _old));

        Assert.False(file.IsLoaded);
        Assert.Equal(_old.GetCertHashString(HashAlgorithmName.SHA256), file.Served!.Sha256Fingerprint);
    }

    [Fact]
    public async Task A_directory_and_a_bundle_stand_for_their_files()
    {
        Write("dir/a.pem", _old);
        Write("dir/a.pem.key", _old);
        Write("both.ecdsa", _new);

        IReadOnlyList<CertificateFile> files = await FindAsync("crt BASE/dir/ crt BASE/both", _old);

        Assert.Equal(["dir/a.pem", "both.ecdsa"], files.Select(file => Path.GetRelativePath(_directory.FullName, file.Path)));

        // The other file of the same name and kind of key hides this one.
        Assert.Equal((true, null), (files[0].IsLoaded, files[1].IsLoaded));
        Assert.Contains("dir/a.pem is served for the same name", files[1].LoadProblem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_beside_a_certificate_never_leaves_the_server()
    {
        Write("site.pem", _old);
        string cut = "-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n";
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "cut.pem"), cut, TestContext.Current.CancellationToken);

        (string output, _, _) = Shell(
            RemoteCommand.FromScript(
                CertificateFileReader.Script, [_directory.FullName + "/site.pem", _directory.FullName + "/cut.pem"]).Script);

        Assert.Contains("BEGIN CERTIFICATE", output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_missing_or_holds_no_certificate_is_told()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "empty.pem"), "nothing\n", TestContext.Current.CancellationToken);

        (Reading<IReadOnlyList<CertificateFile>> files, IReadOnlyList<string> doubts) = await RunAsync(
            "crt BASE/none.pem crt BASE/empty.pem", _old);

        Assert.Empty(files.Value!);
        Assert.Equal(
            [
                $"{_directory.FullName}/none.pem: the configuration names it, and there is no such file",
                $"{_directory.FullName}/empty.pem: it holds no certificate that can be read",
            ],
            doubts);
    }

    [Fact]
    public async Task A_listener_that_does_not_answer_leaves_it_open()
    {
        Write("site.pem", _old);

        CertificateFile file = Assert.Single(await FindAsync("crt BASE/site.pem", served: null));

        Assert.Null(file.IsLoaded);
        Assert.Contains("192.0.2.10:443", file.LoadProblem, StringComparison.Ordinal);
    }

    // sleep(1) under another name.
    [Fact]
    public async Task The_options_of_a_running_database_are_read_from_its_process()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc on this machine.");
        string program = Path.Combine(_directory.FullName, "mariadbd");
        File.Copy("/bin/sleep", program);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using Process database = Process.Start(program, ["60", "0"]);
        try
        {
            // The script gives the options of the command line as they are.
            (string output, _, _) = Shell(RemoteCommand.FromScript(DatabaseCertificates.Script).Script);

            Assert.Contains("== mariadbd\n", output, StringComparison.Ordinal);
            Assert.Contains("\n60\n0", output, StringComparison.Ordinal);
        }
        finally
        {
            database.Kill();
            await database.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Theory]
    [InlineData("www.foobar.com", "www.foobar.com")]
    [InlineData("*.foobar.com", "www.foobar.com")]
    [InlineData(".foobar.com", "foobar.com")]
    [InlineData("!old.foobar.com foobar.com", "foobar.com")]
    [InlineData("~^www\\d+ _ foobar.com", "foobar.com")]
    [InlineData("_", "")]
    [InlineData("", "leaf.foobar.com")]
    public void The_name_that_is_asked_for_is_one_that_the_place_serves(string names, string asked)
    {
        using X509Certificate2 leaf = _authority.Issue(["leaf.foobar.com"]);
        CertificateUse use = new()
        {
            Program = "nginx",
            Place = "",
            Path = "",
            ServerNames = names.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };

        Assert.Equal(asked, LoadedCertificates.NameFor(use, Foobar.Ops.Tls.CertificateReader.Read(leaf)));
    }

    [Fact]
    public void Any_text_of_files_is_taken() =>
        ParserProperties.TakesOrRefusesAnyText(
            CertificateFileReader.Parse, "== /a\n-- /a\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n== /b\n");

    [Fact]
    public void Any_text_of_options_is_taken() =>
        ParserProperties.TakesOrRefusesAnyText(
            static text => DatabaseCertificates.Parse(text), "== mysqld\n--ssl-cert=a\n== unread\n--datadir\n");

    private async Task<IReadOnlyList<CertificateFile>> FindAsync(string certificates, X509Certificate2? served)
    {
        (Reading<IReadOnlyList<CertificateFile>> files, IReadOnlyList<string> doubts) = await RunAsync(certificates, served);
        Assert.Empty(doubts);
        return files.Value ?? throw new InvalidOperationException(files.Failure);
    }

    private async Task<(Reading<IReadOnlyList<CertificateFile>> Files, IReadOnlyList<string> Doubts)> RunAsync(
        string certificates, X509Certificate2? served)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        string haproxy =
            $"frontend f\n bind 192.0.2.10:443 ssl {certificates.Replace("BASE", _directory.FullName, StringComparison.Ordinal)}\n";
        FakeServerSession session = new FakeServerSession(TestSite.Create().Find("lb-01")!)
            .On("== usual", "==\n/etc/haproxy/haproxy.cfg\n")
            .On("cat --", haproxy)
            .On("master process", "")
            .On("my_print_defaults", "")
            .On("BEGIN (X509", command => Shell(command.Script));
        using TestEndpoint? endpoint = served is null ? null : TestEndpoint.Tls(served, [_authority.Intermediate]);
        if (endpoint is not null)
        {
            session.Listen(
                new RemoteEndpoint.Tcp("192.0.2.10", 443),
                () => endpoint.ConnectAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult());
        }

        return await CertificateFileSearch.RunAsync(session, TestContext.Current.CancellationToken);
    }

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

    private void Write(string name, X509Certificate2 certificate)
    {
        string path = Path.Combine(_directory.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(
            path, certificate.ExportCertificatePem()
                + "\n"
                + _authority.Intermediate.ExportCertificatePem()
                + "\n"
                + key.ExportPkcs8PrivateKeyPem()
                + "\n");
    }
}
