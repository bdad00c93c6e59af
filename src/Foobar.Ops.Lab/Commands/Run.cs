using Foobar.Ops.Errors;
using Spectre.Console;

namespace Foobar.Ops.Lab.Commands;

/// <summary>What all commands share: how errors are shown, and the option that names the lab.</summary>
internal static class Run
{
    private static readonly IAnsiConsole Errors = CreateErrors();

    /// <summary>Runs a command's work; an error becomes a message on standard error and exit code 1, Ctrl+C exit code 130.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (FoobarException error)
        {
            Errors.MarkupLineInterpolated($"[red]{error.Message}[/]");
            if (error.Recommendation is string recommendation)
            {
                Errors.MarkupLineInterpolated($"[yellow]{recommendation}[/]");
            }

            return 1;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Errors.MarkupLineInterpolated($"[red]{error.Message}[/]");
            return 1;
        }
        catch (OperationCanceledException)
        {
            Errors.MarkupLine("[yellow]Stopped. Run the same command again to go on, or 'down' to remove what is there.[/]");
            return 130;
        }
    }

    private static IAnsiConsole CreateErrors()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected)
        {
            console.Profile.Capabilities.Ansi = false;
            console.Profile.Width = 400;
        }

        return console;
    }
}
