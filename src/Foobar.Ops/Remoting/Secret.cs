using System.Security.Cryptography;
using System.Text;

namespace Foobar.Ops.Remoting;

/// <summary>
/// A password or another secret. Its text is handed out only where it leaves for a server, is never shown by
/// <see cref="ToString"/>, and is overwritten when disposed.
/// </summary>
public sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <summary>Takes the secret's characters; the caller overwrites its own copy.</summary>
    public Secret(ReadOnlySpan<char> text)
    {
        _bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text), pinned: true);
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    /// <summary>Overwrites the secret; it can't be used any more.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
    }

    /// <summary>Says that this is a secret, never which.</summary>
    public override string ToString() => "(secret)";

    /// <summary>The secret's text, for the moment it is sent.</summary>
    internal string Reveal()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Encoding.UTF8.GetString(_bytes);
    }
}
