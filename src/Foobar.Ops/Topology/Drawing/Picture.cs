namespace Foobar.Ops.Topology.Drawing;

/// <summary>How well something does, as a picture shows it; a later one is worse.</summary>
internal enum PictureTone
{
    /// <summary>No control judged it.</summary>
    NotJudged,

    /// <summary>It was judged, and nothing is wrong with it.</summary>
    Good,

    /// <summary>It could not be told.</summary>
    Unknown,

    /// <summary>It is weaker than it could be.</summary>
    Warning,

    /// <summary>Something is wrong with it.</summary>
    Bad,
}

/// <summary>A line in a box.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tone">How it does.</param>
internal sealed record PictureLine(string Text, PictureTone Tone);

/// <summary>A box: a server, several alike, or what is outside the site.</summary>
internal sealed record PictureNode
{
    /// <summary>What it stands for: a server's name, a network's.</summary>
    public required string Name { get; init; }

    /// <summary>Its heading.</summary>
    public required string Title { get; init; }

    /// <summary>What stands below the heading; empty for nothing.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>Its components.</summary>
    public IReadOnlyList<PictureLine> Lines { get; init; } = [];

    /// <summary>The layer it stands in: 0 for the internet, then inwards.</summary>
    public required int Layer { get; init; }

    /// <summary>How it does.</summary>
    public PictureTone Tone { get; init; }

    /// <summary>What is to know of it: addresses and findings.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Whether it is no server of the site.</summary>
    public bool IsOutside => Layer == 0;
}

/// <summary>An arrow: all links that take the same hop.</summary>
internal sealed record PictureEdge
{
    /// <summary>The box it begins at.</summary>
    public required string From { get; init; }

    /// <summary>The box it ends at.</summary>
    public required string To { get; init; }

    /// <summary>The names or ports on it.</summary>
    public required string Label { get; init; }

    /// <summary>How it does.</summary>
    public required PictureTone Tone { get; init; }

    /// <summary>Whether connections are made the other way too; the label tells of these behind <c>back:</c>.</summary>
    public bool IsBoth { get; init; }

    /// <summary>Whether no request of a visitor takes it: logins, time, measurements.</summary>
    public bool IsSupport { get; init; }

    /// <summary>Its links, with what was found on them.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A topology as boxes and arrows, before they have places.</summary>
/// <param name="Title">What it shows, in one line.</param>
/// <param name="Description">The same in sentences, for who can't see it.</param>
/// <param name="Nodes">The boxes.</param>
/// <param name="Edges">The arrows.</param>
internal sealed record Picture(string Title, string Description, IReadOnlyList<PictureNode> Nodes, IReadOnlyList<PictureEdge> Edges);
