namespace Foobar.Ops.Remoting.Drivers;

/// <summary>YAML, which the platform's own classes don't read.</summary>
internal interface IYamlDriver
{
    /// <summary>
    /// The first document of a text as JSON: mappings as objects with their merge keys followed, scalars as text, those that are empty or
    /// have a tag of an application's own (an encrypted value, say) as null.
    /// </summary>
    /// <param name="yaml">The text.</param>
    /// <exception cref="InvalidDataException">It is no YAML, nests deeper than 64 levels, or stands for more than 100000
    /// values.</exception>
    string ToJson(string yaml);
}
