using Foobar.Ops.Database;

namespace Foobar.Ops.Tests.Database;

public sealed class GtidFactsTests
{
    [Theory]
    [InlineData("0-1-100", "0-1-100", null, false)]
    [InlineData("0-1-100,1-2-7", "0-1-100,1-2-7,0-3-90", null, false)]
    [InlineData("0-1-100", "", null, true)]
    [InlineData("0-1-100,1-2-7", "0-1-100", null, true)]
    [InlineData("0-1-100", "0-1-98", null, false)]
    [InlineData("0-1-100", "0-1-98", "0-1-120", false)]
    [InlineData("0-1-100", "0-1-98", "0-1-98", true)]
    [InlineData("", "", null, false)]
    [InlineData(null, "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5", null, false)]
    public void A_log_that_does_not_know_what_was_applied_numbers_again(string? position, string executed, string? later, bool again) =>
        Assert.Equal(
            again,
            new GtidFacts
            {
                Enabled = true,
                Enforced = true,
                Executed = executed,
                ExecutedLater = later,
                Position = position,
            }.NumbersAgain);
}
