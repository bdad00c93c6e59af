using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan.Peers;

/// <summary>
/// Our scan, sslscan and testssl.sh say the same of servers with a peculiarity each, but for differences that are known. A run of
/// testssl.sh takes half a minute, so only a thorough run tries it on all.
/// </summary>
[RunsFirst]
public sealed class PeerAgreementTests
{
    public static TheoryData<string> Servers => new(OddServer.Names);

    public static TheoryData<string> FewServers => new(Sample.Of(OddServer.Names, 11));

    [Theory]
    [MemberData(nameof(Servers))]
    public Task Sslscan_sees_the_same(string name) => CompareAsync(name, "sslscan", PeerReport.SslscanAsync);

    [Theory]
    [MemberData(nameof(FewServers))]
    public Task Testssl_sees_the_same(string name) => CompareAsync(name, "testssl.sh", PeerReport.TestsslAsync);

    [Fact]
    public void Each_difference_is_explained()
    {
        string[] page = File.ReadAllLines(Repository.File("docs", "tls-scan.md"));

        Assert.All(KnownDifference.All, one => Assert.Contains(
            page, line =>
                line.StartsWith($"| {one.Server} | ", StringComparison.Ordinal) && line.Contains(one.Peer, StringComparison.Ordinal)));
        Assert.All(OddServer.Names, name => Assert.Contains(page, line => line.StartsWith($"| {name} | ", StringComparison.Ordinal)));
    }

    private static async Task CompareAsync(string name, string peer, Func<TlsEndpoint, Task<PeerReport>> runPeerAsync)
    {
        using OddServer server = new(name);
        TlsScan? ours = await ScanAsync(server);
        PeerReport theirs = await runPeerAsync(server.Endpoint);

        // Where the client decides, or a scanner sees no order, each lists suites in an order of its own.
        bool IsSorted(TlsVersion version) => ours?.Of(version).Order == SuiteOrder.Client || theirs.Unordered.Contains(version);
        string expected = KnownDifference.All.FirstOrDefault(known => (known.Server, known.Peer) == (name, peer))?.Theirs
            ?? (ours is null ? string.Empty : Text(PeerReport.Of(ours), IsSorted));
        Assert.Equal(expected, Text(theirs, IsSorted));
    }

    // A server of which nothing can be learned is an error of ours, and an empty report of theirs.
    private static async Task<TlsScan?> ScanAsync(OddServer server)
    {
        try
        {
            return await TlsScanner.ScanAsync(
                server.Endpoint, server.ConnectAsync, new ScanOptions(), null, TestContext.Current.CancellationToken);
        }
        catch (FoobarException error) when (error.ErrorId == "TlsHandshakeFailed")
        {
            return null;
        }
    }

    private static string Text(PeerReport report, Func<TlsVersion, bool> isSorted) =>
        string.Join('\n', report.Offered.OrderBy(static each => each.Key).Select(each =>
        {
            IEnumerable<int> suites = isSorted(each.Key) ? each.Value.Order() : each.Value;
            return $"{each.Key}: {string.Join(' ', suites.Select(static number => number.ToString("X4", CultureInfo.InvariantCulture)))}"
                .TrimEnd();
        }));
}
