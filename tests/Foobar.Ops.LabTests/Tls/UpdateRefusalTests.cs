using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Tls;

/// <summary>What is refused, before anything on a server is changed; and what is put right instead.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class UpdateRefusalTests(LabFixture labs)
{
    private static CertificateRequestDetails Site => new() { CommonName = LabPlan.SiteName, DnsNames = [LabPlan.SiteName, "foobar.com"] };

    [Theory]
    [InlineData("wrong key", "CertificateKeyMismatch")]
    [InlineData("no key", "CertificateKeyMissing")]
    [InlineData("wrong name", "CertificateNameWrong")]
    [InlineData("lost name", "CertificateNameWrong")]
    [InlineData("expired", "CertificateExpired")]
    [InlineData("not yet valid", "CertificateNotYetValid")]
    [InlineData("wrong passphrase", "CertificatePassphraseWrong")]
    [InlineData("no passphrase", "CertificatePassphraseWrong")]
    [InlineData("wrong passphrase of a store", "CertificatePassphraseWrong")]
    [InlineData("no intermediate", "CertificateChainBroken")]
    [InlineData("other authority", "CertificateChainBroken")]
    [InlineData("garbage", "CertificateFileUnreadable")]
    public async Task Refused_before_anything_changes(string what, string errorId)
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string before = await StandAsync(bed);
        using Secret wrong = new("not this one");

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => bed.UpdateAsync(
            Make(bed, what), passphrase: what.StartsWith("wrong passphrase", StringComparison.Ordinal) ? wrong : null));

        Assert.Equal(errorId, error.ErrorId);
        Assert.NotNull(error.Recommendation);
        Assert.Equal(before, await StandAsync(bed));
    }

    [Fact]
    public async Task A_chain_in_wrong_order_with_its_root_is_put_right_and_told()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        IssuedCertificate issued = bed.Lab.Authority.IssueSite();
        string path = bed.Write("mixed.pem", bed.Lab.Authority.RootPem + issued.Key + issued.Intermediate + issued.Leaf);

        CertificateChangeResult result = await bed.UpdateAsync(path);

        Assert.Equal(PlanOutcome.Completed, result.Outcome);
        Assert.Contains(result.Notes, static note => note.StartsWith("the chain was put in order", StringComparison.Ordinal));
        Assert.Contains(result.Notes, static note => note.Contains("root", StringComparison.Ordinal));
        string file = await bed.Lab.RunAsync(
            "lb-01",
            "grep -c 'BEGIN CERT' /etc/haproxy/certs/www.foobar.com.pem; openssl x509 -in /etc/haproxy/certs/www.foobar.com.pem -noout "
                + "-subject");
        Assert.StartsWith("2\nsubject=CN", file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_changed_since_is_not_undone_unless_told()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        await bed.UpdateAsync(bed.IssueSite());
        await bed.Lab.RunAsync("lb-01", "cat > /etc/haproxy/certs/www.foobar.com.pem", bed.Lab.Authority.IssueSite().ChainAndKey);

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => bed.UndoAsync());

        Assert.Equal("CertificateChangedSince", error.ErrorId);
        Assert.Equal(PlanOutcome.Completed, (await bed.UndoAsync(new CertificateChangeOptions { AcceptLaterChanges = true })).Outcome);
    }

    [Fact]
    public async Task Without_a_change_there_is_nothing_to_undo()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);

        Assert.Equal("CertificateNothingKept", (await Assert.ThrowsAsync<FoobarException>(() => bed.UndoAsync())).ErrorId);
    }

    [Fact]
    public async Task A_transaction_that_somebody_began_and_a_service_that_would_not_start_are_left_alone()
    {
        await using UpdateBed bed = await UpdateBed.MakeAsync(labs);
        string path = bed.IssueSite();
        await bed.Lab.RunAsync(
            "lb-01",
            "{ printf 'set ssl cert /etc/haproxy/certs/www.foobar.com.pem <<\\n'; cat /etc/haproxy/certs/www.foobar.com.pem; echo; } | "
                + "socat - UNIX:/run/haproxy/admin.sock");
        try
        {
            Assert.Equal("CertificateTransactionOpen", (await Assert.ThrowsAsync<FoobarException>(() => bed.UpdateAsync(path))).ErrorId);
        }
        finally
        {
            await bed.Lab.RunAsync(
                "lb-01", "echo 'abort ssl cert /etc/haproxy/certs/www.foobar.com.pem' | socat - UNIX:/run/haproxy/admin.sock");
        }

        await bed.Lab.RunAsync(
            "lb-01", "cp -p /etc/haproxy/haproxy.cfg /root/haproxy.cfg; printf '\\nnonsense here\\n' >> /etc/haproxy/haproxy.cfg");
        try
        {
            Assert.Equal("CertificateServiceInvalid", (await Assert.ThrowsAsync<FoobarException>(() => bed.UpdateAsync(path))).ErrorId);
        }
        finally
        {
            await bed.Lab.RunAsync("lb-01", "cp -p /root/haproxy.cfg /etc/haproxy/haproxy.cfg");
        }
    }

    // Files, what is kept, what HAProxy has loaded, and its processes.
    private static async Task<string> StandAsync(UpdateBed bed) =>
        await bed.TraceAsync("lb-01") + await bed.ProcessesAsync("lb-01")
        + await bed.Lab.RunAsync(
            "lb-01", "ls -A /var/lib/foobar-ops/certificate 2>/dev/null; echo 'show ssl cert' | socat - UNIX:/run/haproxy/admin.sock");

    private static string Make(UpdateBed bed, string what)
    {
        LabAuthority authority = bed.Lab.Authority;
        IssuedCertificate good = authority.Issue(Site);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return what switch
        {
            "wrong key" => bed.Write("a.pem", good.Chain + authority.Issue(Site).Key),
            "no key" => bed.Write("a.pem", good.Chain),
            "wrong name" => bed.Issue(Site with { CommonName = "shop.example.net", DnsNames = ["shop.example.net"] }),
            "lost name" => bed.Issue(Site with { DnsNames = [LabPlan.SiteName] }),
            "expired" => bed.Issue(Site with { NotBefore = now.AddDays(-90), NotAfter = now.AddMinutes(-1) }),
            "not yet valid" => bed.Issue(Site with { NotBefore = now.AddHours(1) }),
            "wrong passphrase" or "no passphrase" => bed.Write("a.pem", good.Chain + Encrypted(good)),
            "wrong passphrase of a store" => Store(bed, good),
            "no intermediate" => bed.Write("a.pem", good.Leaf + good.Key),
            "other authority" => bed.Write("a.pem", LabAuthority.Create().Issue(Site).ChainAndKey),
            _ => bed.Write("a.pem", "nothing of use\n"),
        };
    }

    private static string Encrypted(IssuedCertificate issued)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(issued.Key);
        return key.ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10000));
    }

    private static string Store(UpdateBed bed, IssuedCertificate issued)
    {
        using X509Certificate2 whole = X509Certificate2.CreateFromPem(issued.Leaf, issued.Key);
        string path = bed.Write("a.pfx", "");
        File.WriteAllBytes(path, whole.Export(X509ContentType.Pfx, "secret"));
        return path;
    }
}
