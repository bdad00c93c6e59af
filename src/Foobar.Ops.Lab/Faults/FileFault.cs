using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>A fault made by changing a file on servers and letting a service read it; undone by putting the saved file back.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Area">The part of the site it breaks.</param>
/// <param name="Control">The id of the control that must see it.</param>
/// <param name="Description">One line that says what is wrong.</param>
/// <param name="Servers">The servers it is made on.</param>
/// <param name="Path">The file.</param>
/// <param name="Edit">A shell command that changes the file <c>$file</c>; standard input is <see cref="NewContent"/>. That the file does
/// change is checked.</param>
/// <param name="Reload">The command that makes the service read it.</param>
internal sealed record FileFault(
    string Name, Area Area, string Control, string Description, string[] Servers, string Path, string Edit, string Reload)
    : Fault(Name, Area, Control, Description)
{
    /// <summary>What is to stand in the file instead, where the edit reads that from standard input.</summary>
    public Func<RaisedLab, string>? NewContent { get; init; }

    /// <summary>An edit that puts <see cref="NewContent"/> in place of what the file holds, and keeps its owner and mode.</summary>
    public const string Replace = "cat > \"$file\"";

    /// <summary>
    /// A file or directory that the edit makes besides, readable by root alone, as <c>$extra</c>; the undo removes it.
    /// </summary>
    public string? Extra { get; init; }

    /// <summary>What of its servers it changes besides the file, which a fault that leaves the file alone may change too.</summary>
    public string? AlsoChanges { get; init; }

    private string Saved => $"/var/lib/foobar-lab/{Name}.saved";

    /// <inheritdoc/>
    public override IEnumerable<string> Changes(LabPlan plan) =>
        Servers.SelectMany(server => new[] { Path, AlsoChanges }.OfType<string>().Select(thing => $"{server}:{thing}"));

    /// <inheritdoc/>
    public override async Task BreakAsync(RaisedLab lab, CancellationToken cancel)
    {
        string command = $"set -e; umask 077; file={Path}; extra={Extra}; cp --preserve=all \"$file\" {Saved}; {Edit}; "
            + $"if cmp --silent \"$file\" {Saved} && [ \"$(stat -c %a%U%G \"$file\")\" = \"$(stat -c %a%U%G {Saved})\" ]; then echo 'the "
            + $"edit changed nothing' >&2; exit 1; fi; {Reload}";
        foreach (string server in Servers)
        {
            await lab.RunAsync(server, command, NewContent?.Invoke(lab), cancel: cancel);
        }
    }

    /// <inheritdoc/>
    public override async Task HealAsync(RaisedLab lab, CancellationToken cancel)
    {
        foreach (string server in Servers)
        {
            await lab.RunAsync(
                server,
                $"if [ -e {Saved} ]; then set -e; cp --preserve=all {Saved} {Path}; {Reload}; rm {Saved}; "
                    + $"fi{(Extra is null ? "" : $"; rm -rf {Extra}")}",
                cancel: cancel);
        }
    }
}
