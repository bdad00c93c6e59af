using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Waits until a member that was told to replicate does so, and tells why if it does not.</summary>
internal static class ReplicaStart
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a receiver may go on trying in vain.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // ER_ACCESS_DENIED_ERROR, ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ER_HOST_NOT_PRIVILEGED, CR_SSL_CONNECTION_ERROR,
    // CR_AUTH_PLUGIN_ERR: the receiver tries again at its interval all the same.
    private static readonly long[] Refusals = [1045, 1698, 1130, 2026, 2061];

    /// <summary>Waits until both its threads run.</summary>
    /// <param name="member">The member.</param>
    /// <param name="source">The name of its source, for errors.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="otherLogin">What the operator can do for another login; <see langword="null"/> for nothing.</param>
    /// <exception cref="FoobarException"><c>ReverseLinkFailed</c>: a thread stopped with an error, the source refuses its login, or it has
    /// tried in vain for a while.</exception>
    public static async Task WaitAsync(
        DatabaseMember member, string source, CancellationToken cancellationToken, string? otherLogin = null)
    {
        TimeProvider time = member.Time;
        long began = time.GetTimestamp();
        while (true)
        {
            if (await member.ChannelsAsync(cancellationToken) is not [{ } channel])
            {
                throw Failed(member, source, "it has no replication", "Somebody else has reset it meanwhile; run the command again.");
            }

            if (channel.Replicates)
            {
                return;
            }

            if (Why(channel, time.GetElapsedTime(began)) is { } why)
            {
                throw Failed(member, source, why, IsRefusal(channel.ReceiverErrorNumber)
                    ? $"See that {source} lets the account '{channel.User}' in with the password that its replica keeps, from "
                        + $"{member.Name}'s address, and with TLS if it asks for it{(otherLogin is null ? "" : $"; or {otherLogin}")}."
                    : $"See Get-FoobarReplication, and the error log of {member.Name}'s database.");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Whether a receiver's error says that its source does not let it in, which trying again does not change.</summary>
    public static bool IsRefusal(long number) => Refusals.Contains(number);

    private static string? Why(ReplicationChannel channel, TimeSpan waited) => channel.ApplierError
        ?? channel.Receiver switch
        {
            // The error is an earlier one's.
            ReplicationThread.Running => null,
            ReplicationThread.Connecting when !IsRefusal(channel.ReceiverErrorNumber) && waited < Patience => null,
            _ => channel.ReceiverError,
        };

    private static FoobarException Failed(DatabaseMember member, string source, string why, string recommendation) =>
        new(
            "ReverseLinkFailed", ErrorKind.Refused, $"{member.Name}: it can't replicate from {source}: {why}")
            {
                Server = member.Name,
                Recommendation = recommendation,
            };
}
