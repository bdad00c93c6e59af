using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>The numbers and names of the protocol.</summary>
public sealed class RegistryTests
{
    [Fact]
    public void Every_suite_that_OpenSSL_knows_has_its_number_and_name()
    {
        Needs.Programs("openssl");
        using Process openssl = Process.Start(
            new ProcessStartInfo(
                "openssl", ["ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]) { RedirectStandardOutput = true })!;
        (int Number,
            string Name)[] known = [.. openssl.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        openssl.WaitForExit();

        Assert.True(known.Length > 50);
        Assert.All(known, suite => Assert.Equal(suite.Name, CipherSuite.Of(suite.Number).Name));
    }

    [Fact]
    public void No_name_stands_for_two_numbers()
    {
        Assert.Distinct(CipherSuite.All.Select(suite => suite.Name));
        Assert.Distinct(NamedGroup.All.Select(group => group.Number));
        Assert.Distinct(SignatureScheme.All.Select(scheme => scheme.Number));
    }

    [Theory]
    [InlineData(0x1301, true, true, false, null)]
    [InlineData(0xC02F, true, true, false, null)]
    [InlineData(0xC014, true, false, true, null)]
    [InlineData(0x009C, false, true, false, null)]
    [InlineData(0x002F, false, false, true, null)]
    [InlineData(0x000A, false, false, true, "3DES")]
    [InlineData(0x0005, false, false, false, "RC4")]
    [InlineData(0x0003, false, false, false, "export grade")]
    [InlineData(0x0001, false, false, false, "no encryption")]
    [InlineData(0xC0B4, true, false, false, "no encryption")]
    [InlineData(0x0009, false, false, true, "DES")]
    [InlineData(0x0018, true, false, false, "no authentication")]
    [InlineData(0x0019, true, false, true, "export grade")]
    [InlineData(0x0007, false, false, true, "IDEA")]
    [InlineData(0x030080, false, false, true, "RC2")]
    [InlineData(0x0700C0, false, false, true, "3DES")]
    [InlineData(0xCCA9, true, true, false, null)]
    public void What_a_suite_is_made_of_stands_in_its_name(int number, bool forwardSecret, bool aead, bool cbc, string? weakness)
    {
        CipherSuite suite = CipherSuite.Of(number);

        Assert.Equal((forwardSecret, aead, cbc, weakness), (suite.IsForwardSecret, suite.IsAead, suite.IsCbc, suite.Weakness));
    }

    [Fact]
    public void What_is_not_known_keeps_its_number()
    {
        Assert.Equal("0xEEEE", CipherSuite.Of(0xEEEE).Name);
        Assert.Equal("0xEEEE", NamedGroup.Of(0xEEEE).Name);
        Assert.Equal("0xEEEE", SignatureScheme.Of(0xEEEE).Name);
    }

    [Fact]
    public void The_groups_that_quantum_computers_leave_alone_are_told()
    {
        Assert.Equal(
            ["X25519MLKEM768", "SecP256r1MLKEM768", "X25519Kyber768Draft00"],
            new[] { 4588, 4587, 25497, 29, 23 }.Select(NamedGroup.Of).Where(group => group.IsQuantumSafe).Select(group => group.Name));
    }

    // 0xC0,0x2F - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 - ECDHE-RSA-AES128-GCM-SHA256 ...
    private static (int Number, string Name) Parse(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (int.Parse(
            words[0].Replace("0x", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal), NumberStyles.HexNumber,
            CultureInfo.InvariantCulture), words[2]);
    }
}
