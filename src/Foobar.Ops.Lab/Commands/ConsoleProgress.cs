using System.Diagnostics;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary>Shows each step as it begins, with the seconds since the first.</summary>
internal sealed class ConsoleProgress : IProgress<string>
{
    private readonly Stopwatch _time = Stopwatch.StartNew();

    /// <inheritdoc/>
    public void Report(string value) => AnsiConsole.MarkupLineInterpolated($"[grey]{_time.Elapsed.TotalSeconds,5:0.0} s[/]  {value}");
}
