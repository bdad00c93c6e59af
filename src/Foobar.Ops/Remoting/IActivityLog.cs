namespace Foobar.Ops.Remoting;

/// <summary>What kind of thing happens.</summary>
public enum ActivityKind
{
    /// <summary>A session is opened.</summary>
    Connect,

    /// <summary>A session ended, wanted or not.</summary>
    Disconnect,

    /// <summary>A command runs on a server.</summary>
    Command,

    /// <summary>A forward to something on a server is made.</summary>
    Forward,

    /// <summary>A database connection is opened.</summary>
    DatabaseOpen,

    /// <summary>A statement runs on a database.</summary>
    Statement,

    /// <summary>A monitoring service is asked or sent something.</summary>
    Request,
}

/// <summary>
/// One thing that happens somewhere: what <c>-Verbose</c> and a runbook's log show. Never holds a secret, an input or a parameter's value.
/// </summary>
/// <param name="Time">When it began, UTC.</param>
/// <param name="Server">The server it happens on.</param>
/// <param name="Kind">What kind of thing it is.</param>
/// <param name="Text">What happens: the script, the statement, the endpoint.</param>
public sealed record Activity(DateTimeOffset Time, string Server, ActivityKind Kind, string Text)
{
    /// <summary>One line for a log.</summary>
    public override string ToString() => $"{Server}: {Kind}: {Text}";
}

/// <summary>Takes note of what runs where. Called from any thread, several at once; must return at once and never throw.</summary>
public interface IActivityLog
{
    /// <summary>Takes note of one thing.</summary>
    void Record(Activity activity);
}
