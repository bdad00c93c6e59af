using System.Collections;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.PowerShell.Binding;

/// <summary>Finds the names of servers in what a user gave for <c>-Server</c>.</summary>
internal static class ServerNames
{
    /// <summary>The names in a value: text, a server, a finding, anything with a property Server, or a list of these.</summary>
    /// <param name="value">The value.</param>
    /// <param name="property">Reads a property of an object of any other type; <see langword="null"/> if it has none.</param>
    /// <returns>The names; <see langword="null"/> if something in the value names no server.</returns>
    public static string[]? Of(object? value, Func<object, string, object?> property)
    {
        List<string> names = [];
        return Add(value, names, property) ? [.. names] : null;
    }

    private static bool Add(object? value, List<string> names, Func<object, string, object?> property)
    {
        switch (value)
        {
            case string name: names.Add(name); return name.Length > 0;
            case Server server: names.Add(server.Name); return true;
            case Finding { Server: { } server }: names.Add(server); return true;
            case null or Finding: return false;
            case IEnumerable list: return list.Cast<object?>().All(item => Add(item, names, property));
            default: return property(value, "Server") is { } named && Add(named, names, property);
        }
    }
}
