using Foobar.Ops.Linux;

namespace Foobar.Ops.Tests.Linux;

public sealed class SectionsTests
{
    [Theory]
    [InlineData("==> a\nx\ny\n\n==> b\nz\n", "a=x\ny\n|b=z\n")]
    [InlineData("\n==> a\nx\n==> b\n", "a=x|b=")]
    [InlineData("==> a\n==> b\n\n", "a=|b=\n")]
    [InlineData("==> a\n\n==> b", "a=|b=")]
    [InlineData("before\n==>  a b \nsay ==> no mark\n ==> none\n", "a b=say ==> no mark\n ==> none\n")]
    [InlineData("==> a\nx\n==> a\ny\n", "a=y\n")]
    [InlineData("==> a", "a=")]
    [InlineData("no mark\n", "")]
    [InlineData("", "")]
    public void Texts_are_taken_apart_at_lines_that_begin_with_a_mark(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Sections.Parse(text).Select(static section => $"{section.Key}={section.Value}")));
}
