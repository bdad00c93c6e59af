using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Foobar.Ops.Database;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>The texts that stand in the library's code: a column whose name is none of them is one that it can't read.</summary>
internal static class EngineWords
{
    private static readonly HashSet<string> Words = Read();

    /// <summary>Whether the library may read a column or variable of this name.</summary>
    public static bool Has(string column) => Words.Contains(column);

    // The user strings of the assembly (ECMA-335, II.24.2.4).
    private static HashSet<string> Read()
    {
        using FileStream file = File.OpenRead(typeof(ReplicationQueries).Assembly.Location);
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        HashSet<string> words = new(StringComparer.OrdinalIgnoreCase);
        for (UserStringHandle handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            words.Add(metadata.GetUserString(handle));
        }

        return words;
    }
}
