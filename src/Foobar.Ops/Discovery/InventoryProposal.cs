using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery;

/// <summary>An inventory as servers show it, with what shows each part of it, and what they can't tell.</summary>
public sealed record InventoryProposal
{
    /// <summary>The site. Relative paths in it are relative to the inventory.</summary>
    public required Site Site { get; init; }

    /// <summary>What shows each part, by key.</summary>
    public required IReadOnlyList<InventoryEvidence> Evidence { get; init; }

    /// <summary>What is for the operator to say.</summary>
    public required IReadOnlyList<InventoryQuestion> Questions { get; init; }

    /// <summary>
    /// The certificates of the authority that the site's servers trust and this machine does not, in PEM form; <see langword="null"/> for
    /// none.
    /// </summary>
    public string? Authorities { get; init; }
}

/// <summary>What shows one part of an inventory.</summary>
/// <param name="Key">The part: <c>servers.web-01.roles</c>, <c>policy.flows.backends</c>.</param>
/// <param name="Server">The server that shows it; <see langword="null"/> if several do.</param>
/// <param name="Text">The command, file or connection, and what it says.</param>
public sealed record InventoryEvidence(string Key, string? Server, string Text);

/// <summary>Why something is asked.</summary>
public enum QuestionKind : long
{
    /// <summary>Nothing shows it, so it is left out of the inventory.</summary>
    Missing,

    /// <summary>It is there and nothing known needs it, so it is left out of the inventory.</summary>
    Unexplained,

    /// <summary>It is in the inventory, since something shows it; whether it is wanted, only the operator knows.</summary>
    Confirm,
}

/// <summary>Something that servers can't tell and the operator can.</summary>
public sealed record InventoryQuestion
{
    /// <summary>Why it is asked.</summary>
    public required QuestionKind Kind { get; init; }

    /// <summary>The key of the inventory that the answer belongs to: <c>policy.flows</c>.</summary>
    public required string Key { get; init; }

    /// <summary>The server it is about; <see langword="null"/> for the site.</summary>
    public string? Server { get; init; }

    /// <summary>What is asked.</summary>
    public required string What { get; init; }

    /// <summary>Why it can't be told.</summary>
    public required string Why { get; init; }

    /// <summary>What was seen; <see langword="null"/> for nothing.</summary>
    public string? Evidence { get; init; }

    /// <summary>What it is about, as an inventory may have it declared already.</summary>
    internal QuestionSubject Subject { get; init; } = new();
}

/// <summary>What a question is about.</summary>
internal sealed record QuestionSubject
{
    /// <summary>The port of the server; <see langword="null"/> if it is about none.</summary>
    public PortRange? Port { get; init; }

    /// <summary>Where connections to the port come from; <see langword="null"/> if that is not asked.</summary>
    public IPAddress? Client { get; init; }

    /// <summary>The network or address; <see langword="null"/> if it is about none.</summary>
    public IPNetwork? Network { get; init; }

    /// <summary>The server by name or address that others' configurations name; <see langword="null"/> if it is about none.</summary>
    public string? Host { get; init; }

    /// <summary>The monitoring agent; <see langword="null"/> if it is about none.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether something could not be read, whatever is declared.</summary>
    public bool IsUnread { get; init; }
}

/// <summary>What the operator says beforehand.</summary>
public sealed record ProposalOptions
{
    /// <summary>The site's name; <see langword="null"/> to find it.</summary>
    public string? SiteName { get; init; }

    /// <summary>The path of a PEM file with the authorities to trust; <see langword="null"/> to find them.</summary>
    public string? TrustedAuthorities { get; init; }

    /// <summary>The name of the file beside the inventory for authorities that are found.</summary>
    public string AuthoritiesFile { get; init; } = "foobar.authorities.pem";

    /// <summary>The OpenSSH client configuration that the inventory names; <see langword="null"/> for the user's own.</summary>
    public string? SshConfig { get; init; }

    /// <summary>The addresses of this machine's interfaces, those of one interface together.</summary>
    public IReadOnlyList<IReadOnlyList<IPAddress>> OwnInterfaces { get; init; } = [];
}
