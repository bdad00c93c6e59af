using System.Globalization;

namespace Foobar.Ops.Tests.Operations.Model;

/// <content>The lock of an operation, and connections that are killed.</content>
internal static partial class Statements
{
    private static void GetLock(Call call)
    {
        Member member = call.Member;
        bool over = false;
        call.Abandon = () => over = true;
        member.Wait(() => over || member.LockOwner is null || member.LockOwner == call.Connection, () => Take(1));
        member.Settled();
        if (!over)
        {
            call.Connection.World.After(1, () => Take(0));
        }

        void Take(int got)
        {
            if (!over)
            {
                over = true;
                member.LockOwner = got == 1 ? call.Connection : member.LockOwner;
                call.Answer(Rows.Of(("value", got), ("connection", call.Connection.Id)));
            }
        }
    }

    private static void ReleaseLock(Call call)
    {
        // None, another's, ours (MySQL Reference Manual, RELEASE_LOCK).
        int? released = call.Member.LockOwner is not { } owner ? null : owner == call.Connection ? 1 : 0;
        if (released == 1)
        {
            call.Member.LockOwner = null;
        }

        call.Value(released);
        call.Member.Settled();
    }

    private static void Holder(Call call)
    {
        if (call.Member.LockOwner is { } owner)
        {
            call.Answer(
                Rows.Of(
                    ("id", owner.Id), ("user", "operator"), ("host", "localhost"), ("command", owner.Command),
                    ("seconds", owner.IdleSeconds)));
        }
        else
        {
            call.Answer();
        }
    }

    private static void Kill(Call call)
    {
        long id = long.Parse(call.Sql.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture);
        if (call.Member.Connections.Find(one => one.Id == id) is { } connection)
        {
            connection.End("it was killed");
        }
        else if (!call.Connection.Cluster.Clients.End(id))
        {
            call.Refuse(1094, $"Unknown thread id: {id}");
            return;
        }

        call.Answer();
    }
}
