namespace Foobar.Ops.Traffic;

/// <summary>What a counter counts.</summary>
public enum TrafficUnit : long
{
    /// <summary>HTTP requests.</summary>
    Requests,

    /// <summary>TCP sessions, where requests can't be seen (TLS passed through, databases).</summary>
    Sessions,

    /// <summary>Statements to a database.</summary>
    Statements,
}
