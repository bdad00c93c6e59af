using System.CommandLine;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Commands;

/// <summary>The option <c>--name</c>, the same for every command.</summary>
internal static class LabOption
{
    /// <summary>Makes it.</summary>
    public static Option<string> Name() => new("--name")
    {
        Description = "The lab's name; labs of different names stand side by side.",
        DefaultValueFactory = _ => LabOptions.DefaultName,
    };
}
