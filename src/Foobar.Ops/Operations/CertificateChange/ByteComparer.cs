namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Compares bytes by their values.</summary>
internal sealed class ByteComparer : IEqualityComparer<byte[]>
{
    /// <summary>The one there is.</summary>
    public static readonly ByteComparer Instance = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode(byte[] obj) => obj.Length;
}
