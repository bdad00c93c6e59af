using Foobar.Ops.Tests.Operations.Model;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>A script by the name that the model has for it.</summary>
internal static class ShellCommand
{
    /// <summary>Its name with its arguments; its text where the model does not know it.</summary>
    public static string Describe(string script, Normalisation names)
    {
        string name = NameOf(script);
        string first = script[..Math.Max(0, script.IndexOf('\n', StringComparison.Ordinal))];
        return name.Length == 0
            ? names.Request(script)
            : first.StartsWith("set -- ", StringComparison.Ordinal) ? $"{name} {names.Request(first[7..])}" : name;
    }

    /// <summary>Its name; empty where the model does not know it.</summary>
    public static string NameOf(string script) => Commands.NameOf(script, new World(1, traced: false));
}
