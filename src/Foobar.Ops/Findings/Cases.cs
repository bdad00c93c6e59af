using Foobar.Ops.Inventory;

namespace Foobar.Ops.Findings;

/// <summary>What a control that looks at one server at a time is given.</summary>
/// <typeparam name="TFacts">The facts of one area of one server.</typeparam>
/// <param name="Server">The server as declared.</param>
/// <param name="Site">The site as declared, with its policy.</param>
/// <param name="Facts">What was read from the server.</param>
/// <param name="Time">When it was read, in UTC; the only clock a control has.</param>
public sealed record ServerCase<TFacts>(Server Server, Site Site, TFacts Facts, DateTimeOffset Time);

/// <summary>What a control that looks at all servers together is given.</summary>
/// <typeparam name="TFacts">The facts of one area of one server.</typeparam>
/// <param name="Site">The site as declared, with its policy.</param>
/// <param name="Facts">What was read, by server name; a server that could not be read has a reading without a value.</param>
/// <param name="Time">When it was read, in UTC; the only clock a control has.</param>
public sealed record SiteCase<TFacts>(Site Site, IReadOnlyDictionary<string, Reading<TFacts>> Facts, DateTimeOffset Time);
