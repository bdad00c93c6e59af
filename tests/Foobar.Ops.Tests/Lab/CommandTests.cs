using System.CommandLine;
using System.Text.Json;
using Foobar.Ops.Lab.Commands;
using Foobar.Ops.Lab.Faults;

namespace Foobar.Ops.Tests.Lab;

public sealed class CommandTests
{
    [Fact]
    public async Task The_list_of_faults_is_a_JSON_array_of_name_area_control_description()
    {
        using StringWriter output = new();

        int exitCode = await LabCommand.Create().Parse(["break", "--name", "no-such-lab", "--list", "--json"])
            .InvokeAsync(new InvocationConfiguration { Output = output });

        using JsonDocument list = JsonDocument.Parse(output.ToString());
        Assert.Equal(0, exitCode);
        Assert.Equal(
            FaultCatalog.All.Select(fault => fault.Name),
            list.RootElement.EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.All(list.RootElement.EnumerateArray(), one =>
            Assert.Equal(["name", "area", "control", "description"], one.EnumerateObject().Select(property => property.Name)));
    }

    [Theory]
    [InlineData("up", "--database", "oracle")]
    [InlineData("up", "--tls", "nowhere")]
    [InlineData("up", "--firewall", "pf")]
    [InlineData("exec", "web-01")]
    [InlineData("brake")]
    public void What_is_not_known_is_an_error(params string[] arguments) => Assert.NotEmpty(LabCommand.Create().Parse(arguments).Errors);

    [Theory]
    [InlineData("up", "--name", "other", "--database", "MariaDB", "--tls", "reencrypt", "--semi-sync", "--replicas", "2")]
    [InlineData("up", "--firewall", "firewalld")]
    [InlineData("exec", "--name", "other", "web-01", "uptime -p")]
    [InlineData("heal", "--all")]
    [InlineData("down", "--images")]
    [InlineData("demo")]
    [InlineData("status")]
    public void The_documented_forms_are_taken(params string[] arguments) => Assert.Empty(LabCommand.Create().Parse(arguments).Errors);

    [Theory]
    [InlineData("exec", "--name", "no-such-lab", "web-01", "true")]
    [InlineData("break", "--name", "no-such-lab", "disk-full")]
    [InlineData("heal", "--name", "no-such-lab", "--all")]
    [InlineData("status", "--name", "no-such-lab")]
    [InlineData("up", "--name", "no-such-lab", "--replicas", "4")]
    public async Task A_lab_that_does_not_stand_is_an_error(params string[] arguments) =>
        Assert.Equal(1, await LabCommand.Create().Parse(arguments).InvokeAsync());
}
