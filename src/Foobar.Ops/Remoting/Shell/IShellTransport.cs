using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>A shell somewhere: a process whose standard input and output lead to it.</summary>
internal interface IShellTransport : IAsyncDisposable
{
    /// <summary>The shell's standard input. Written by one thread.</summary>
    Stream Input { get; }

    /// <summary>The shell's standard output. Read by one thread.</summary>
    Stream Output { get; }

    /// <summary>Says why the shell could not be had, or is gone. Called once the output has ended.</summary>
    /// <param name="opened">Whether the shell had answered before.</param>
    Task<FoobarException> ExplainAsync(bool opened);

    /// <summary>Ends the connection at once.</summary>
    void Abort();
}
