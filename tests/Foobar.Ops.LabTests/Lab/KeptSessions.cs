using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Lab;

/// <summary>
/// Audits labs again and again over the same connections: logging in takes as long as an audit. At the end those labs are removed
/// that only audits need.
/// </summary>
public sealed class KeptSessions(LabFixture labs) : IAsyncDisposable
{
    private readonly Dictionary<string, SiteSession> _sessions = [];

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
    internal ValueTask ForgetAsync(RaisedLab lab) => _sessions.Remove(lab.Inventory, out SiteSession? session) ? session.DisposeAsync() : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (SiteSession session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        await labs.RetireAsync(static options => options.Tls != TlsVariant.Edge || options.Replicas > 1);
    }
}
