using System.Reflection;

namespace Foobar.Ops.Lab.Host;

/// <summary>The files that the program carries in itself: <c>image/NAME</c> and <c>server/NAME</c>.</summary>
internal static class Resources
{
    /// <summary>The text of one.</summary>
    public static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
