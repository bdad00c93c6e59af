using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>A member that an operation changes: the connection that is held from its beginning to its end, and its machine.</summary>
/// <param name="name">The member.</param>
/// <param name="machine">Its machine.</param>
/// <param name="session">The connection.</param>
internal sealed class MemberConnection(string name, IServerSession machine, HeldSession session)
{
    /// <summary>The member's name.</summary>
    public string Name => name;

    /// <summary>Its machine.</summary>
    public IServerSession Machine => machine;

    /// <summary>The connection.</summary>
    public HeldSession Session => session;

    /// <summary>The member over that connection.</summary>
    public DatabaseMember Member { get; } = DatabaseMember.Of(session);
}
