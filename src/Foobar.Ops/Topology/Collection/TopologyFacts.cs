using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Topology.Collection;

/// <summary>What a server shows of its place in the setup, beside what the areas read of it.</summary>
public sealed record TopologyFacts
{
    /// <summary>What it listens on, whom it talks to, and its containers.</summary>
    public Reading<SocketFacts> Sockets { get; init; } = NotRead<SocketFacts>();

    /// <summary>keepalived.</summary>
    public Reading<VrrpFacts> Vrrp { get; init; } = NotRead<VrrpFacts>();

    /// <summary>Where nginx passes requests on to; empty where there is no nginx.</summary>
    public Reading<IReadOnlyList<ProxyTarget>> Proxies { get; init; } = NotRead<IReadOnlyList<ProxyTarget>>();

    /// <summary>The files of the application.</summary>
    public Reading<AppFiles> Files { get; init; } = NotRead<AppFiles>();

    /// <summary>How long each service stood still for want of a resource; empty where the kernel does not account it.</summary>
    [Measurement]
    public Reading<IReadOnlyList<ServiceStall>> Stalls { get; init; } = NotRead<IReadOnlyList<ServiceStall>>();

    private static Reading<T> NotRead<T>() => Reading.Unreadable<T>("It was not read.");
}

/// <summary>keepalived on a server.</summary>
public sealed record VrrpFacts
{
    /// <summary>Whether its process runs.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The virtual routers that its configuration declares.</summary>
    public IReadOnlyList<VrrpInstance> Instances { get; init; } = [];

    /// <summary>
    /// Why the configuration says more than was read of it: files that it includes; <see langword="null"/> if it does not.
    /// </summary>
    public string? Unread { get; init; }
}

/// <summary>A virtual router of keepalived (<c>vrrp_instance</c>; RFC 9568).</summary>
public sealed record VrrpInstance
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The interface it speaks on.</summary>
    public string Interface { get; init; } = "";

    /// <summary>The number by which its peers know it, 1 to 255; 0 if it is not given.</summary>
    public int RouterId { get; init; }

    /// <summary>The priority with which it begins; 100 if it is not given.</summary>
    public int Priority { get; init; } = 100;

    /// <summary>The addresses that move, without prefix.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>
    /// The state that its log told last: <c>MASTER</c>, <c>BACKUP</c>, <c>FAULT</c> (it has no part in elections); empty if it tells none.
    /// </summary>
    public string State { get; init; } = "";

    /// <summary>The scripts of <see cref="Tracks"/> that failed when its log last told of them.</summary>
    public IReadOnlyList<string> FailedTracks { get; init; } = [];

    /// <summary>The scripts whose failure lowers the priority (<c>track_script</c>), and processes likewise.</summary>
    public IReadOnlyList<string> Tracks { get; init; } = [];
}

/// <summary>A place that nginx passes requests on to.</summary>
/// <param name="Directive">The directive: <c>proxy_pass</c>, <c>fastcgi_pass</c> ...</param>
/// <param name="Upstream">The upstream block; <see langword="null"/> if the directive names the place itself.</param>
/// <param name="Host">The host as written; empty for a unix socket.</param>
/// <param name="Port">The port; 0 for a unix socket, and where it is not known.</param>
/// <param name="IsTls">Whether it connects with TLS.</param>
/// <param name="IsBackup">Whether it is used only while the others are down.</param>
public sealed record ProxyTarget(string Directive, string? Upstream, string Host, int Port, bool IsTls, bool IsBackup = false)
{
    /// <summary>Why the place can't be told: a variable stands for it; <see langword="null"/> if it can.</summary>
    public string? Doubt { get; init; }
}

/// <summary>The files of the application on a server.</summary>
public sealed record AppFiles
{
    /// <summary>The directories looked into.</summary>
    public IReadOnlyList<string> Directories { get; init; } = [];

    /// <summary>Directories that the policy or a configuration names and that are not there.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>The accounts that serve visitors: nginx's workers and the application's units.</summary>
    public IReadOnlyList<WebUser> Users { get; init; } = [];

    /// <summary>The files and links.</summary>
    public IReadOnlyList<AppFile> Files { get; init; } = [];

    /// <summary>
    /// The directories and symbolic links on the way from the root to those directories, and to the application's programs and units,
    /// which stand here too; <see langword="null"/> if they were not read.
    /// </summary>
    public IReadOnlyList<PathPart>? Ways { get; init; }

    /// <summary>
    /// Why not all could be read: more files or bytes than are looked at, or too slow; <see langword="null"/> if all were.
    /// </summary>
    public string? Limit { get; init; }
}

/// <summary>An account that serves visitors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Groups">The names of its groups.</param>
public sealed record WebUser(string Name, IReadOnlyList<string> Groups);

/// <summary>A file, link or directory of the application.</summary>
/// <param name="Directory">The directory that was looked into.</param>
/// <param name="Path">Its path below it; empty for the directory itself.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Group">Its group.</param>
/// <param name="Mode">Its permissions in octal, as chmod(1) takes them: <c>644</c>.</param>
/// <param name="Content">The SHA-256 of a file in hexadecimal; of a link <c>-> TARGET</c>, of a directory <see cref="Folder"/>.</param>
public sealed record AppFile(string Directory, string Path, string Owner, string Group, string Mode, string Content)
{
    /// <summary>What stands for the content of a directory.</summary>
    public const string Folder = "directory";

    /// <summary>Whether it is a symbolic link.</summary>
    public bool IsLink => Content.StartsWith("-> ", StringComparison.Ordinal);
}

/// <summary>What stands on the way to a file, or a file at its end.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Group">Its group.</param>
/// <param name="Mode">Its permissions in octal, as chmod(1) takes them: <c>1777</c>.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
/// <param name="IsLink">Whether it is a symbolic link; what it leads to is given beside it.</param>
public sealed record PathPart(string Path, string Owner, string Group, string Mode, bool IsDirectory, bool IsLink);

/// <summary>How much of the last five minutes some task of a service stood still for want of a resource, in percent.</summary>
/// <param name="Service">The unit.</param>
/// <param name="CpuPercent">For want of processors; <see langword="null"/> if that is not accounted.</param>
/// <param name="MemoryPercent">For want of memory.</param>
/// <param name="IoPercent">Waiting for disks.</param>
public sealed record ServiceStall(string Service, double? CpuPercent, double? MemoryPercent, double? IoPercent);
