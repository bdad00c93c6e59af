using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Why a server of a backend is out, as HAProxy keeps it (Management Guide, "show servers state", srv_admin_state).</summary>
[Flags]
internal enum AdminStates
{
    None = 0,

    /// <summary>An operator, or the configuration, put it into maintenance.</summary>
    ForcedMaintenance = 0x01,

    /// <summary>The server that it tracks is in maintenance.</summary>
    InheritedMaintenance = 0x02,

    /// <summary>The configuration said so at the start; kept when an operator lifts it.</summary>
    ConfiguredMaintenance = 0x04,

    /// <summary>An operator drains it.</summary>
    ForcedDrain = 0x08,

    /// <summary>The server that it tracks is drained.</summary>
    InheritedDrain = 0x10,

    /// <summary>Its name could not be resolved.</summary>
    ResolutionMaintenance = 0x20,
}

/// <summary>
/// Reads <c>show servers state</c>: be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state ... behind the
/// format's version.
/// </summary>
internal static class ServerStateParser
{
    public const string Source = "show servers state";

    private const int Backend = 1, Name = 3, Admin = 6;

    /// <summary>The admin state of each server.</summary>
    /// <exception cref="Errors.ParseException">A line has too few fields or no number.</exception>
    public static IReadOnlyDictionary<(string Backend, string Name), AdminStates> Parse(string text) =>
        Read(text).DistinctBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.State);

    /// <summary>The same, in the order in which HAProxy tells them.</summary>
    /// <exception cref="Errors.ParseException">A line has too few fields or no number.</exception>
    public static IReadOnlyList<((string Backend, string Name) Key, AdminStates State)> Read(string text) => [.. Lines.Of(text)
        .Where(line => !line.Text.StartsWith('#') && line.Text.Trim().Contains(' ', StringComparison.Ordinal))
        .Select(line => (line, Fields: Lines.Fields(line.Text)))
        .Select(
            row =>
                row.Fields.Length > Admin && int.TryParse(row.Fields[Admin], NumberStyles.None, CultureInfo.InvariantCulture, out int state)
                    ? (Key: (row.Fields[Backend], row.Fields[Name]), State: (AdminStates)state)
                    : throw Lines.Unexpected(Source, row.line.Number, "the state of a server", row.line.Text))];
}
