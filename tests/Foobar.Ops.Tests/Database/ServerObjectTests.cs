using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Operations.Model;

namespace Foobar.Ops.Tests.Database;

/// <summary>What members have in common is compared without a hash that somebody could try passwords against.</summary>
public sealed class ServerObjectTests
{
    [Fact]
    public void Accounts_differ_by_their_passwords()
    {
        ServerObject one = Read("*69FA4EBAC7FCF12CE58A4E2C15683BAE8F753F9D");

        Assert.Empty(ServerObject.Differences([one], [Read("*69FA4EBAC7FCF12CE58A4E2C15683BAE8F753F9D")]));
        Assert.Equal("differs", Assert.Single(ServerObject.Differences([one], [Read("*0000000000000000000000000000000000000000")])).How);
        Assert.Equal("differs", Assert.Single(ServerObject.Differences([one], [Read(null)])).How);
        Assert.Empty(ServerObject.Differences([Read(null)], [Read(null)]));
    }

    [Fact]
    public void No_fact_holds_what_a_password_can_be_tried_against()
    {
        string digest = Digest("*69FA4EBAC7FCF12CE58A4E2C15683BAE8F753F9D");
        ServerObject account = Read("*69FA4EBAC7FCF12CE58A4E2C15683BAE8F753F9D");

        Assert.DoesNotContain(digest, $"{account}", StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(Digest(digest), account.Password, StringComparer.OrdinalIgnoreCase);
        Assert.Equal("public", account.Digest);
    }

    private static ServerObject Read(string? hash) => ServerObject.From(Rows.Of(
        ("kind", "account"), ("name", "'app'@'%'"), ("digest", "public"), ("secret", hash is null ? null : Digest(hash))));

    private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
