using Foobar.Ops.HelpBuilder;

// Usage: <cmdlet assembly> <folder or file of references>;... <folder of help sources> <file to write>
if (args is not [string assembly, string references, string sources, string target])
{
    await Console.Error.WriteLineAsync("usage: Foobar.Ops.HelpBuilder ASSEMBLY REFERENCES SOURCES TARGET");
    return 2;
}

IReadOnlyList<CmdletShape> cmdlets = CmdletReader.Read(assembly, references.Split(';', StringSplitOptions.RemoveEmptyEntries));
HelpBuild build = HelpBuild.Of(cmdlets, HelpSourceReader.ReadFolder(sources));
foreach (HelpProblem problem in build.Problems)
{
    // The form that MSBuild reads as an error of a file and line.
    await Console.Error.WriteLineAsync($"{problem.Path}({problem.Line}): error FOH001: {problem.Message}");
}

if (build.Problems.Count > 0)
{
    return 1;
}

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
build.Maml.Save(target);
return 0;
