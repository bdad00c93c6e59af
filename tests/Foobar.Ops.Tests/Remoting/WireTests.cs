using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Database.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What a database says before any login (MySQL Client/Server Protocol).</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("9.7.0", "9.7.0")]
    [InlineData("5.5.5-10.11.14-MariaDB-0+deb12u2-log", "10.11.14-MariaDB-0+deb12u2-log")]
    [InlineData("11.8.2-MariaDB", "11.8.2-MariaDB")]
    public void Reads_what_a_server_greets_with(string greeted, string version) =>
        Assert.Equal(new ServerGreeting(version, 298), ServerGreeting.Parse("lb-01", "x", ScriptedDatabase.Greeting(greeted, 298)));

    [Fact]
    public void A_refusal_has_the_server_s_number_and_words()
    {
        Assert.Equal(new WireError(1040, "Too many connections"), WireError.Of(ScriptedDatabase.Error(1040, "Too many connections")));
        Assert.Equal(new WireError(1045, "Access denied"), WireError.Of(ScriptedDatabase.Error(1045, "#28000Access denied")));
    }

    [Fact]
    public void Any_bytes_are_a_greeting_or_a_clean_error() => Prop.ForAll<byte[]>(bytes =>
    {
        WireError.Of(bytes);
        try
        {
            ServerGreeting.Parse("lb-01", "x", (byte[])[10, .. bytes]);
        }
        catch (ParseException)
        {
            // Refused cleanly.
        }
    }).CheckSeeded();
}
