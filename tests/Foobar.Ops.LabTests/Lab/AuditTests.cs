using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Faults;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>The audit finds nothing wrong with a clean lab of each kind, and each fault with the control that must see it and no others.</summary>
[Collection(LabCollection.Name)]
public sealed class AuditTests(LabFixture labs, KeptSessions sessions) : IClassFixture<KeptSessions>
{
    public static TheoryData<string, string> Variants => new(
        from database in Enum.GetNames<DatabaseFlavour>()
        from tls in Enum.GetNames<TlsVariant>()
        select (database, tls));

    /// <summary>Every fault on the default kind of lab, or on one that can have it; a sample of an area's again where that area is another.</summary>
    public static TheoryData<string, string, string> Faults => new(
        On(DatabaseFlavour.MySql, TlsVariant.Edge, _ => true)
            .Concat(On(DatabaseFlavour.MariaDb, TlsVariant.Web, fault => !Applies(fault, TlsVariant.Edge)))
            .Concat(On(DatabaseFlavour.MariaDb, TlsVariant.Reencrypt, fault => !Applies(fault, TlsVariant.Edge) && !Applies(fault, TlsVariant.Web)))
            .Concat(Sample.Of(On(DatabaseFlavour.MariaDb, TlsVariant.Edge, fault => fault.Area == Area.Database), 4))
            .Concat(Sample.Of(On(DatabaseFlavour.MariaDb, TlsVariant.Web, fault => Applies(fault, TlsVariant.Edge) && fault.Area is (Area.Tls or Area.LoadBalancing)), 4)));

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_clean_lab_has_nothing_wrong(string database, string tls)
    {
        RaisedLab lab = await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));

        IReadOnlyList<Finding> trouble = await SettledAsync(lab, static found => found.Count == 0);

        Assert.True(trouble.Count == 0, string.Join('\n', trouble.Select(LabAudit.Text)));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_seen_by_its_control_and_by_no_other(string database, string tls, string name)
    {
        RaisedLab lab = await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));
        Fault fault = FaultCatalog.Find(name);
        IReadOnlyList<Finding> trouble;
        await lab.BreakAsync(name);
        try
        {
            trouble = await SettledAsync(lab, found => IsSeen(found, fault) && Others(found, fault).Length == 0);
        }
        finally
        {
            await lab.HealAsync(name);
        }

        Assert.True(IsSeen(trouble, fault), $"{fault.Control} does not fail; these do:\n{string.Join('\n', trouble.Select(LabAudit.Text))}");
        Assert.True(ShowsWitness(trouble, fault), $"no finding of {fault.Control} shows '{fault.Witness}':\n{string.Join('\n', trouble.Where(finding => finding.ControlId == fault.Control).Select(static finding => $"{LabAudit.Text(finding)} | {finding.Evidence}"))}");
        Finding[] others = Others(trouble, fault);
        Assert.True(others.Length == 0, $"others see it too:\n{string.Join('\n', others.Select(LabAudit.Text))}");
    }

    private static bool IsSeen(IReadOnlyList<Finding> trouble, Fault fault) =>
        trouble.Any(finding => finding.ControlId == fault.Control && finding.Status == FindingStatus.Fail);

    // A finding that fails for another reason is no proof that the fault was seen.
    private static bool ShowsWitness(IReadOnlyList<Finding> trouble, Fault fault) => fault.Witness is null
        || trouble.Any(finding => finding.ControlId == fault.Control && Array.TrueForAll(fault.Witness.Split('|'), part => $"{finding.Target} {finding.Actual} {finding.Evidence}".Contains(part, StringComparison.Ordinal)));

    private static Finding[] Others(IReadOnlyList<Finding> trouble, Fault fault) =>
        [.. trouble.Where(finding => finding.ControlId != fault.Control && !fault.AlsoSeenBy.Contains(finding.ControlId))];

    // Around a break the balancer still asks a server whose health check has not failed yet: what others see then passes.
    private async Task<IReadOnlyList<Finding>> SettledAsync(RaisedLab lab, Func<IReadOnlyList<Finding>, bool> isSettled)
    {
        IReadOnlyList<Finding> trouble = await sessions.FindTroubleAsync(lab);
        for (int again = 0; again < 5 && !isSettled(trouble); again++)
        {
            await sessions.ForgetAsync(lab);
            await Task.Delay(TimeSpan.FromSeconds(again == 0 ? 0 : 2), TestContext.Current.CancellationToken);
            trouble = await LabAudit.FindTroubleAsync(lab);
        }

        return trouble;
    }

    private static bool Applies(Fault fault, TlsVariant tls) => fault.AppliesTo(new LabOptions { Database = DatabaseFlavour.MySql, Tls = tls });

    private static IEnumerable<(string Database, string Tls, string Fault)> On(DatabaseFlavour database, TlsVariant tls, Func<Fault, bool> wanted) =>
        from fault in FaultCatalog.For(new LabOptions { Database = database, Tls = tls })
        where wanted(fault)
        select (database.ToString(), tls.ToString(), fault.Name);
}
