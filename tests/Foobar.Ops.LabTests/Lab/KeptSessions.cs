using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// Audits labs again and again over the same connections: logging in takes as long as an audit. A lab of a kind that only audits
/// need is removed when another kind is audited, and so the labs that other tests need as well stay.
/// </summary>
public sealed class KeptSessions(LabFixture labs) : IAsyncDisposable
{
    private readonly Dictionary<string, SiteSession> _sessions = [];

    private LabOptions? _kind;

    /// <summary>What is wrong with a lab.</summary>
    internal Task<IReadOnlyList<Finding>> FindTroubleAsync(RaisedLab lab, AuditScope scope)
    {
        if (!_sessions.TryGetValue(lab.Inventory, out SiteSession? session))
        {
            session = LabAudit.Connect(lab);
            _sessions[lab.Inventory] = session;
        }

        return LabAudit.FindTroubleAsync(session, scope);
    }

    /// <summary>Closes the connections to a lab: a fault or a test before may have cut them.</summary>
    internal ValueTask ForgetAsync(RaisedLab lab) =>
        _sessions.Remove(lab.Inventory, out SiteSession? session) ? session.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>Closes the connections to labs of other kinds than this one, and removes those that only audits need.</summary>
    internal async Task LeaveOthersAsync(LabOptions kind)
    {
        if (kind == _kind)
        {
            return;
        }

        _kind = kind;
        await CloseAsync();
        await labs.RetireAsync(other => IsOfAuditsAlone(other) && other with { Name = kind.Name } != kind);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await labs.RetireAsync(IsOfAuditsAlone);
    }

    private static bool IsOfAuditsAlone(LabOptions options) =>
        options.Tls != TlsVariant.Edge
            || options.Suite is not null
            || options.Grown
            || options.Firewall != HostFirewall.Nftables
            || options.Balancers > 1;

    private async Task CloseAsync()
    {
        foreach (SiteSession session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        _sessions.Clear();
    }
}
