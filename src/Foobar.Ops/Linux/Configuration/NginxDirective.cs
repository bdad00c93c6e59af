namespace Foobar.Ops.Linux.Configuration;

/// <summary>A directive of nginx's configuration, with what it includes put in its place.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">Its arguments, without quotes and escapes.</param>
internal sealed record NginxDirective(string Name, IReadOnlyList<string> Arguments)
{
    /// <summary>The directives in its braces; empty for one without.</summary>
    public IReadOnlyList<NginxDirective> Block { get; init; } = [];

    /// <summary>The first argument; empty for none.</summary>
    public string Argument => Arguments.Count > 0 ? Arguments[0] : "";

    /// <summary>This directive and all within it, outermost first.</summary>
    public IEnumerable<NginxDirective> All => Block.SelectMany(inner => inner.All).Prepend(this);

    /// <summary>The directives of a name directly within it.</summary>
    public IEnumerable<NginxDirective> Inner(string name) => Block.Where(inner => inner.Name == name);
}
