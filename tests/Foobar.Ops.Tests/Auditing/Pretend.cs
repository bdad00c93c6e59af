using System.Net;
using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Facts of a pretended area: a bit of everything that facts are made of.</summary>
public sealed record PretendFacts
{
    public required Reading<int> Disk { get; init; }

    public IReadOnlyList<PretendUnit> Units { get; init; } = [];

    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    public IPNetwork? Network { get; init; }

    public PortRange Port { get; init; }

    public DateTimeOffset? Since { get; init; }

    public TimeSpan? Up { get; init; }

    [Measurement]
    public long Counter { get; init; }

    public bool Full => Disk.Value > 90;
}

/// <summary>One item of a list that has names.</summary>
public sealed record PretendUnit(string Name, FindingStatus State);

/// <summary>A collector that does what a test says.</summary>
internal sealed class PretendCollector(
    Func<Server, CancellationToken, Task<PretendFacts>> read,
    Func<Server, bool>? appliesTo = null,
    string name = "pretend") : Collector<PretendFacts>
{
    public override string Name => name;

    public override bool AppliesTo(Server server, Site site) => appliesTo?.Invoke(server) ?? true;

    public override Task<PretendFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken) =>
        read(server, cancellationToken);
}

/// <summary>A session that connects to nothing.</summary>
internal sealed class PretendSession(Site site) : ISiteSession
{
    public Site Site => site;

    public bool IsClosed => false;

    /// <summary>How it connects; it is refused unless told.</summary>
    public Func<CancellationToken, Task<IServerSession>>? Connect { get; init; }

    public Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        Connect?.Invoke(cancellationToken) ??
            throw new FoobarException("ServerUnreachable", ErrorKind.Connection, $"{server}: no route to host.") { Server = server };

    public Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ISiteSession Fresh() => this;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A pretended area and snapshots of it.</summary>
internal static class Pretend
{
    public static readonly Control<ServerCase<PretendFacts>> Disk = new(
        Info("SRV-902", Severity.High),
        facts => facts.Facts.Disk.Judge(
            percent => [percent > 90 ? Verdict.Fail("/", "90 % at most", $"{percent} %", "df -P /") : Verdict.Pass("/", $"{percent} %")]));

    public static readonly Control<ServerCase<PretendFacts>> Units = new(
        Info("SRV-901", Severity.Medium),
        facts => facts.Facts.Units.Select(unit => unit.State switch
        {
            FindingStatus.Pass => Verdict.Pass(unit.Name),
            FindingStatus.NotApplicable => Verdict.NotApplicable(unit.Name),
            _ => Verdict.Warning(unit.Name, "active", "inactive"),
        }).OrPass("no units"));

    public static readonly Control<SiteCase<PretendFacts>> Same = new(
        Info("TOP-901", Severity.Critical, Area.Topology),
        site => [
            Verdict.Pass(
                "all servers",
                string.Join(
                    ' ',
                    site.Facts.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .Select(pair => $"{pair.Key}={(pair.Value.TryGet(out PretendFacts? facts) ? facts.Disk.Value : -1)}"))),
        ]);

    public static ControlInfo Info(string id, Severity severity = Severity.Medium, Area area = Area.Server) =>
        new(id, $"Rule {id} holds", area, severity, $"Why {id} matters.", $"How to put {id} right.", "RFC 9999");

    public static PretendFacts Facts(int disk = 50, params PretendUnit[] units) => new()
    {
        Disk = Reading.Of(disk, "df -P /"),
        Units = units,
        Addresses = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")],
        Network = IPNetwork.Parse("2001:db8::/32"),
        Port = new PortRange(TransportProtocol.Udp, 5, 9),
        Since = TestSite.Now,
        Up = TimeSpan.FromSeconds(1.5),
        Counter = 42,
    };

    public static AuditPart<PretendFacts> Part(
        Func<Server, CancellationToken, Task<PretendFacts>>? read = null, Func<Server, bool>? appliesTo = null) =>
        new(new PretendCollector(read ?? ((_, _) => Task.FromResult(Facts())), appliesTo), [Disk, Units], [Same]);

    public static Snapshot Snapshot(params (string Server, PretendFacts? Facts)[] facts) => new()
    {
        Site = TestSite.Create(),
        Time = TestSite.Now,
        Duration = TimeSpan.FromSeconds(2),
        ModuleVersion = "1.2.3",
        Facts =
        [
            .. facts.Select(pair => new SnapshotFacts
            {
                Server = pair.Server,
                Part = "pretend",
                Value = pair.Facts,
                Failure = pair.Facts is null ? $"{pair.Server}: no route to host." : null,
            }),
        ],
    };

    public static IReadOnlyList<Finding> Judge(Snapshot snapshot, AuditScope? scope = null, AuditPart? part = null) =>
        [.. Audit.Judge(snapshot, scope ?? AuditScope.Everything, [part ?? Part()], []).Where(finding => finding.Area != Area.Inventory)];
}
