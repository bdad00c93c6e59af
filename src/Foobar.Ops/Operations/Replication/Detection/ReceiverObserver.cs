using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>Whether a replica's receiving thread still gets something from its source: transactions or heartbeats.</summary>
internal static class ReceiverObserver
{
    /// <summary>For how long it is left alone first: what arrives until then may only have been on its way.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>What it got while it was looked at; <see langword="null"/> for nothing.</summary>
    public static async Task<string?> ProgressAsync(ISiteSession site, string replica, Task enough, CancellationToken cancellationToken)
    {
        try
        {
            await using IDatabaseSession database = await site.OpenDatabaseAsync(replica, cancellationToken);
            DatabaseMember member = DatabaseMember.Of(database);
            await Task.WhenAny(enough, site.Time.PauseAsync(Settling, cancellationToken));
            string before = await member.ReceivedAsync(cancellationToken);
            await enough.WaitAsync(cancellationToken);
            string after = await member.ReceivedAsync(cancellationToken);
            return before.Length > 0 && after.Length > 0 && before != after ? $"its receiver went from {before} to {after}" : null;
        }
        catch (FoobarException)
        {
            return null;
        }
    }
}
