namespace Foobar.Ops.Traffic.Logs;

/// <summary>How a time is written in a log.</summary>
internal enum LogTime
{
    /// <summary><c>10/Oct/2000:13:55:36 -0700</c> (Common Log Format).</summary>
    Common,

    /// <summary><c>06/Feb/2009:12:14:14.655</c>, without a zone (HAProxy).</summary>
    Haproxy,

    /// <summary><c>2026-11-30T05:44:51+00:00</c>, with or without a fraction and a zone (ISO 8601).</summary>
    Iso,

    /// <summary>Seconds since 1970, with or without a fraction.</summary>
    Epoch,
}

/// <summary>What is wanted of a line of a log: where its time stands, its status, how long the request took.</summary>
internal ref struct LogLine
{
    /// <summary>The bytes of the time.</summary>
    public ReadOnlySpan<byte> Time;

    /// <summary>How it is written.</summary>
    public LogTime Kind;

    /// <summary>The status; 0 for none.</summary>
    public int Status;

    /// <summary>How long the request took, in milliseconds; negative if the line doesn't tell.</summary>
    public double Milliseconds;
}
