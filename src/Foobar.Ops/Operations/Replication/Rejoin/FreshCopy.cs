using Foobar.Ops.Database;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>What a fresh copy needs to know.</summary>
/// <param name="Site">The site's connections.</param>
/// <param name="Member">The member that is copied to.</param>
/// <param name="Name">Its name.</param>
/// <param name="Primary">The primary's name.</param>
/// <param name="Source">How the member logs in at the primary.</param>
/// <param name="Options">The limits.</param>
internal sealed record CopyParameters(
    ISiteSession Site, ReturningMember Member, string Name, string Primary, ReplicationSource Source, RejoinOptions Options);

/// <summary>
/// A member's data replaced by the primary's, in the way of its flavour. The member holds a position afterwards from which it can follow.
/// </summary>
internal interface IFreshCopy
{
    /// <summary>The way of a flavour.</summary>
    static IFreshCopy Of(DatabaseFlavor flavor) => flavor == DatabaseFlavor.MySql ? new MySqlClone() : new MariaDbCopy();

    /// <summary>How many bytes went through this machine.</summary>
    long CopiedBytes { get; }

    /// <summary>Whether the member's own data are gone, or may be: it can't be taken back from here on.</summary>
    bool HasReplaced { get; }

    /// <summary>Copies.</summary>
    Task CopyAsync(CopyParameters parameters, CancellationToken cancellationToken);
}
