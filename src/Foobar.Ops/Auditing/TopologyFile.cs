using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Drawing;

namespace Foobar.Ops.Auditing;

/// <summary>How a topology is drawn in a file.</summary>
public enum TopologyFormat : long
{
    /// <summary>A picture (Scalable Vector Graphics).</summary>
    Svg,

    /// <summary>A Mermaid flowchart.</summary>
    Mermaid,
}

/// <summary>Writes a topology as a file.</summary>
public static class TopologyFile
{
    /// <summary>The format that a file's name asks for: <c>.svg</c>, <c>.mmd</c> or <c>.mermaid</c>.</summary>
    /// <exception cref="FoobarException"><c>TopologyFormatUnknown</c>: another ending.</exception>
    public static TopologyFormat FormatOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".svg" => TopologyFormat.Svg,
        ".mmd" or ".mermaid" => TopologyFormat.Mermaid,
        _ => throw new FoobarException(
            "TopologyFormatUnknown", ErrorKind.InvalidInput, $"The name {path} does not tell the format of a topology.")
        {
            Recommendation = "Say -Format, or end the name in .svg or .mmd.",
        },
    };

    /// <summary>The text of a topology in a format.</summary>
    /// <param name="topology">The setup as found.</param>
    /// <param name="findings">What was found of it; the worst on each server and flow gives its colour.</param>
    /// <param name="format">The format.</param>
    public static string Write(SiteTopology topology, IReadOnlyList<Finding> findings, TopologyFormat format) =>
        format == TopologyFormat.Mermaid ? TopologyMermaid.Draw(topology, findings) : TopologySvg.Draw(topology, findings);

    /// <summary>Writes the file; an existing one is replaced in one step.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public static void Save(SiteTopology topology, IReadOnlyList<Finding> findings, string path, TopologyFormat format, bool overwrite) =>
        OutputFile.Write(path, Write(topology, findings, format), overwrite, ownerOnly: false);
}
