namespace Foobar.Ops.Monitoring.Agents;

/// <summary>The files that this area carries in its assembly.</summary>
internal static class OwnFile
{
    /// <summary>The text of one.</summary>
    public static string Read(string name)
    {
        using Stream stream = typeof(OwnFile).Assembly.GetManifestResourceStream($"Foobar.Ops.Monitoring.{name}")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
