namespace Foobar.Ops.Tests.Operations.Model;

/// <content>The marker, events, and copies.</content>
internal static partial class Statements
{
    private static void BeginMark(Call call, bool before)
    {
        string id = call.Text("id");
        MarkRow row = new(
            id, call.Text("holder"), call.Text("since"), call.Text("state"), call.Text("old"), call.Text("new"), call.Text("parameters"));
        Write(
            call, member => member.Mark = row,
            member => member.Mark is not { } now || !((!now.IsUnfinished && (!before || now.Id == call.Text("before"))) || now.Id == id));
    }

    private static void SetMark(Call call)
    {
        (string id, string former, string holder, string state) = (call.Text(
            "id"), call.Text("former"), call.Text("holder"), call.Text("state"));

        // A row that stays as it is is not logged.
        Write(
            call,
            member => member.Mark = member.Mark! with { Id = id, Holder = holder, State = state },
            member =>
                member.Mark is not { } now
                    || (now.Id != id && now.Id != former)
                    || (now.Id == id && now.Holder == holder && now.State == state));
    }

    private static void AbandonMark(Call call) =>
        Write(
            call,
            member => member.Mark = member.Mark! with { State = "abandoned" },
            member => member.Mark is not { IsUnfinished: true } now || now.Id == call.Text("id"));

    // Enabled where it is said, and on whoever replicates that, disabled.
    private static void EnableEvent(Call call)
    {
        Member there = call.Member;
        Write(call, member => member.EventEnabled = member == there);
    }

    private static void Clone(Call call)
    {
        Member member = call.Member;
        if (member.SuperReadOnly)
        {
            call.Refuse(1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement");
            return;
        }

        Member donor = call.Connection.Cluster.Members.First(one => call.Sql.Contains($"'{one.Address}'", StringComparison.Ordinal));
        if (!donor.Answers || !call.Connection.Cluster.Reaches(member.Name, donor.Name))
        {
            call.Refuse(3862, "Clone Donor Error: Connect failed");
            return;
        }

        call.Connection.World.After(2, () =>
        {
            if (member.Answers && donor.Answers)
            {
                member.CopyOf(donor);
                member.Crash(1);
            }
        });
    }
}
