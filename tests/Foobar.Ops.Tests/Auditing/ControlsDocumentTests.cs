using System.Text;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Tests.Auditing;

/// <summary>Holds docs/controls.md to the controls there are. With FOOBAR_UPDATE_DOCS=1 in the environment it is written anew.</summary>
public sealed class ControlsDocumentTests
{
    [Fact]
    public void The_list_of_controls_is_that_of_the_code()
    {
        string path = Repository.File("docs", "controls.md");
        string text = Write();
        if (Environment.GetEnvironmentVariable("FOOBAR_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(
            File.ReadAllText(path) == text,
            "docs/controls.md is not up to date: run this test once with FOOBAR_UPDATE_DOCS=1 in the environment and commit the file.");
    }

    private static string Write()
    {
        StringBuilder text = new(
            """
            # Controls

            Every rule that `Invoke-FoobarAudit` and the `Test-*` cmdlets know, by area and id. Ids are stable and never used again for another rule. `Get-FoobarControl` gives the same list; a test writes this page from the code. Under "Maps to" stand the requirements that a control gives evidence for; [compliance.md](compliance.md) says what that means.

            """);
        text.Append("\n| framework | version |\n|---|---|\n");
        foreach (Framework framework in ControlReferences.Frameworks)
        {
            text.Append($"| {framework.Name} | {framework.FullName}, {framework.Version} |\n");
        }

        foreach (IGrouping<Area, ControlInfo> area in AuditRegistry.Controls.GroupBy(control => control.Area))
        {
            text.Append($"\n## {area.Key}\n");
            foreach (ControlInfo control in area)
            {
                text.Append(
                    $"\n### {control.Id}: {control.Title}\n**{control.Severity}.** {control.Rationale}\n\n**To put it right:** {control.Remediation}\n");
                if (control.Reference is { } reference)
                {
                    text.Append($"\n**Source:** {reference}\n");
                }

                text.Append($"\n**Maps to:** {Maps(control)}\n");
            }
        }

        return text.ToString();
    }

    private static string Maps(ControlInfo control) => ControlReferences.NoneBecause(control.Id) is { } reason
        ? $"nothing. {reason}"
        : string.Join("; ", control.References.Select(reference => $"{reference} ({reference.Title})"));
}
