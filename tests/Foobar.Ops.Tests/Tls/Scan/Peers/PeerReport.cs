using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan.Peers;

/// <summary>What a scanner says of an endpoint: its versions, and the cipher suites of each by number, in the server's order.</summary>
internal sealed partial record PeerReport(IReadOnlyDictionary<TlsVersion, int[]> Offered)
{
    private const int MostSeconds = 300;

    /// <summary>The versions whose suites are listed in another order than the server's.</summary>
    public IReadOnlyList<TlsVersion> Unordered { get; init; } = [];

    /// <summary>What our own scan says.</summary>
    public static PeerReport Of(TlsScan scan) => new(scan.Offered.ToDictionary(
        static each => each.Version, static each => each.Suites.Select(static suite => suite.Number).ToArray()));

    /// <summary>What sslscan says.</summary>
    public static async Task<PeerReport> SslscanAsync(TlsEndpoint endpoint)
    {
        string said = await RunAsync(
            "sslscan", "--xml=-", "--no-heartbleed", "--no-renegotiation", "--no-groups", "--no-check-certificate", "--no-fallback",
            $"--sni-name={endpoint.ServerName}", endpoint.ToString());
        XElement[] elements = [.. Elements(said)];
        return new(elements.Where(static one => one.Name == "protocol" && (string?)one.Attribute("enabled") == "1").ToDictionary(
            static one => VersionOf($"{one.Attribute("type")!.Value}{one.Attribute("version")!.Value}"),
            protocol => elements
                .Where(one => one.Name == "cipher"
                    && VersionOf(
                        one.Attribute("sslversion")!.Value) == VersionOf(
                            $"{protocol.Attribute("type")!.Value}{protocol.Attribute("version")!.Value}"))
                .Select(static one => int.Parse(one.Attribute("id")!.Value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                .ToArray()));
    }

    /// <summary>
    /// The lines of sslscan's report that are elements by themselves. Of a server that ends its connections at once the report
    /// breaks off, so it is not read as one document.
    /// </summary>
    private static IEnumerable<XElement> Elements(string report) => report.Split('\n')
        .Select(static line => line.Trim())
        .Where(static line => line.StartsWith('<') && line.EndsWith("/>", StringComparison.Ordinal))
        .Select(XElement.Parse);

    /// <summary>What testssl.sh says.</summary>
    public static async Task<PeerReport> TestsslAsync(TlsEndpoint endpoint)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        try
        {
            await RunAsync(
                "testssl",
                "--quiet",
                "--warnings",
                "off",
                "--color",
                "0",
                "--mapping",
                "no-openssl",
                "--ip",
                endpoint.Host,
                "--jsonfile",
                file,
                "-p", "-P", "-E", $"https://{endpoint.ServerName}:{endpoint.Port}");
            using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            (string Id, string Finding)[] lines =
            [
                .. document.RootElement.EnumerateArray().Select(static one =>
                    (one.GetProperty("id").GetString()!, one.GetProperty("finding").GetString()!)),
            ];
            TlsVersion[] versions =
            [
                .. lines.Where(static line => IsVersion(line.Id) && line.Finding.StartsWith("offered", StringComparison.Ordinal))
                    .Select(static line => VersionOf(line.Id)),
            ];
            return new(versions.ToDictionary(static version => version, version => InOrder(lines, version) ?? ByStrength(lines, version)))
            {
                Unordered = [.. versions.Where(version => InOrder(lines, version) is null)],
            };
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The suites of a version where testssl.sh found an order of the server.</summary>
    private static int[]? InOrder((string Id, string Finding)[] lines, TlsVersion version) => lines
        .Where(
            line => line.Id.StartsWith("cipherorder_", StringComparison.Ordinal) && VersionOf(line.Id["cipherorder_".Length..]) == version)
        .Select(static line => line.Finding.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static name => CipherSuite.All.Single(suite => suite.Name == name).Number).ToArray())
        .FirstOrDefault();

    /// <summary>The suites of a version, by their strength.</summary>
    private static int[] ByStrength((string Id, string Finding)[] lines, TlsVersion version) =>
    [
        .. lines.Select(static line => CipherLine().Match(line.Id))
            .Where(found => found.Success && VersionOf(found.Groups["version"].Value) == version)
            .Select(static found => int.Parse(found.Groups["number"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
    ];

    private static bool IsVersion(string id) => id is "SSLv2" or "SSLv3" or "TLS1" or "TLS1_1" or "TLS1_2" or "TLS1_3";

    private static TlsVersion VersionOf(string text) =>
        text.ToUpperInvariant().Replace("V", "", StringComparison.Ordinal).Replace('_', '.') switch
        {
            "SSL2" => TlsVersion.Ssl20,
            "SSL3" => TlsVersion.Ssl30,
            "TLS1" or "TLS1.0" => TlsVersion.Tls10,
            "TLS1.1" => TlsVersion.Tls11,
            "TLS1.2" => TlsVersion.Tls12,
            "TLS1.3" => TlsVersion.Tls13,
            _ => throw new FormatException($"'{text}' is no version."),
        };

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        Needs.Programs(program);
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(MostSeconds));
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await errors;
            await process.WaitForExitAsync(limit.Token);
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex("^cipher-(?<version>[a-z]+[0-9](?:_[0-9])?)_x(?<number>[0-9a-f]+)$", RegexOptions.IgnoreCase)]
    private static partial Regex CipherLine();
}
