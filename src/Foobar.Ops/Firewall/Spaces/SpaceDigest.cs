using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// Digests of spaces, which tell whether two are the same though they were computed at different times. Interfaces are left out:
/// they come and go with containers and tunnels.
/// </summary>
internal static class SpaceDigest
{
    private const int Length = 8;

    private static readonly PacketField[] Left = [PacketField.InInterface, PacketField.OutInterface, PacketField.Origin];

    /// <summary>The first 64 bits of a SHA-256 digest, in hexadecimal digits.</summary>
    /// <param name="diagram">The store of the space.</param>
    /// <param name="space">The space.</param>
    public static string Of(Diagram diagram, int space)
    {
        space = Left.Aggregate(space, (rest, field) => diagram.Forget(rest, field));
        return Convert.ToHexStringLower(Node(diagram, space, [])[..Length]);
    }

    // Diagrams are canonical: the same space has the same nodes, whatever their numbers are.
    private static byte[] Node(Diagram diagram, int id, Dictionary<int, byte[]> known)
    {
        if (known.TryGetValue(id, out byte[]? digest))
        {
            return digest;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (Diagram.IsTerminal(id))
        {
            hash.AppendData([(byte)(id == Diagram.True ? 1 : 0)]);
        }
        else
        {
            uint[] edges = [.. diagram.Edges(id)];
            hash.AppendData([(byte)2, (byte)diagram.Level(id)]);
            foreach (uint edge in edges)
            {
                byte[] high = new byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(high, Diagram.High(edge));
                hash.AppendData(high);
                hash.AppendData(Node(diagram, Diagram.Child(edge), known));
            }
        }

        digest = hash.GetHashAndReset();
        known.Add(id, digest);
        return digest;
    }
}
