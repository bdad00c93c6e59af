using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Lab.Host;

/// <summary>The Debian mirror this machine itself uses.</summary>
internal static class DebianMirror
{
    /// <summary>Finds the mirror in the machine's apt sources.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static async Task<string> FindAsync(CancellationToken cancel)
    {
        string system = await File.ReadAllTextAsync("/etc/os-release", cancel);
        string release = system.Split('\n').First(line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))[17..].Trim('"');
        string targets = await Tool.RunAsync(
            "apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"], cancel: cancel);
        return Pick(targets, release) ?? throw LabException.Refused(
            $"This machine's apt sources name no mirror for {release} main.", "Add one in /etc/apt/sources.list.d/debian.sources.");
    }

    /// <summary>
    /// The addresses of all servers that this machine's apt sources and its proxy name, as far as they can be resolved now.
    /// </summary>
    public static async Task<IReadOnlyList<IPAddress>> FindAddressesAsync(CancellationToken cancel)
    {
        string targets = await Tool.RunAsync(
            "apt-get", ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], cancel: cancel);
        string?[] places = [.. targets.Split('\n', StringSplitOptions.RemoveEmptyEntries), await FindProxyAsync(cancel)];
        IEnumerable<string> hosts = places.Select(
            place => Uri.TryCreate(place, UriKind.Absolute, out Uri? uri) ? uri.DnsSafeHost : string.Empty)
            .Where(host => host.Length > 0)
            .Distinct();
        return [.. (await Task.WhenAll(hosts.Select(host => ResolveAsync(host, cancel)))).SelectMany(addresses => addresses)];
    }

    /// <summary>Picks the mirror from lines of <c>URI SUITE COMPONENT</c>: the one that serves the release itself.</summary>
    public static string? Pick(string targets, string release) => (
        from line in targets.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        let fields = line.Split(' ')
        where fields.Length == 3 && fields[2] == "main" && (fields[1] == release || fields[1] == "stable")
        select fields[0].TrimEnd('/')).FirstOrDefault();

    /// <summary>Makes sure that a mirror serves a suite.</summary>
    /// <exception cref="LabException">It does not, or can't be reached.</exception>
    public static async Task CheckAsync(string mirror, string suite, CancellationToken cancel)
    {
        string? proxy = await FindProxyAsync(cancel);
        using SocketsHttpHandler handler = new() { Proxy = proxy is null ? null : new WebProxy(proxy) };
        using HttpClient client = new(handler, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(20) };
        Uri release = new($"{mirror}/dists/{suite}/Release");
        try
        {
            using HttpResponseMessage response = await client.GetAsync(release, HttpCompletionOption.ResponseHeadersRead, cancel);
            response.EnsureSuccessStatusCode();
        }
        catch (Exception unreachable)
            when (unreachable is HttpRequestException || (unreachable is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new LabException(
                LabException.NoMirror, ErrorKind.Connection,
                $"{release} can't be read: {unreachable.GetBaseException().Message}",
                unreachable)
            {
                Recommendation = "The base image needs a Debian mirror once; the machine's own apt sources name this one.",
            };
        }
    }

    /// <summary>The proxy that apt uses, or <see langword="null"/>.</summary>
    public static async Task<string?> FindProxyAsync(CancellationToken cancel)
    {
        string text = await Tool.RunAsync("apt-config", ["shell", "PROXY", "Acquire::http::Proxy"], cancel: cancel);
        string value = text.Trim();
        return value.StartsWith("PROXY='", StringComparison.Ordinal) ? value[7..].TrimEnd('\'') : null;
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            return await Dns.GetHostAddressesAsync(host, limit.Token);
        }
        catch (Exception unknown)
            when (unknown is SocketException || (unknown is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // A mirror that can't be resolved can't be cut off.
            return [];
        }
    }
}
