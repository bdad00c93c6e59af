using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class WorkProgressTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2.1);

    [Fact]
    public void Short_work_shows_nothing_and_has_nothing_to_take_away()
    {
        WorkProgress progress = new("Test");
        progress.Expect(["web-01"]);

        Assert.Null(progress.Show(TimeSpan.FromSeconds(1.9)));
        Assert.Null(progress.End());
    }

    [Fact]
    public void Long_work_shows_how_much_is_done_and_what_is_waited_for()
    {
        WorkProgress progress = new("Test");
        progress.Expect(["lb-01", "web-01", "web-02", "fw-01"]);
        progress.Done("web-01");

        CmdletRecord.Progress shown = progress.Show(Long)!;

        Assert.Equal("1 of 4 done; waiting for lb-01, web-02, fw-01", shown.Status);
        Assert.Equal(25, shown.Percent);
        Assert.True(progress.End()!.Completed);
    }

    [Fact]
    public void Work_that_is_not_counted_shows_its_status()
    {
        WorkProgress progress = new("Test");
        Assert.Null(progress.Show(Long));

        progress.Report("waiting for the replica");

        Assert.Equal(("waiting for the replica", -1), (progress.Show(Long)!.Status, progress.Show(Long)!.Percent));
    }
}
