using Foobar.Ops.Lab.Commands;
using Spectre.Console;

// In a log or a pipe: no colours, and no line broken at a terminal's width.
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Capabilities.Ansi = false;
    AnsiConsole.Profile.Width = 400;
}

return await LabCommand.Create().Parse(args).InvokeAsync();
