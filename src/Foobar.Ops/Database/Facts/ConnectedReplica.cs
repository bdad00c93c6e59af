using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Somebody who reads a member's binary log now: a replica, or a program that says it is one.</summary>
public sealed record ConnectedReplica
{
    /// <summary>The connection's id.</summary>
    [Measurement]
    public required long ConnectionId { get; init; }

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>The address or host name it comes from, without the port.</summary>
    public required string Host { get; init; }

    /// <param name="row">A row of the process list.</param>
    internal static ConnectedReplica From(DatabaseRow row)
    {
        string host = row.Text("host") ?? "";
        int port = host.LastIndexOf(':');
        return new()
        {
            ConnectionId = row.Number("id") ?? 0,
            User = row.Text("user") ?? "",
            Host = port > 0 && host[(port + 1)..].All(char.IsAsciiDigit) ? host[..port].Trim('[', ']') : host,
        };
    }
}
