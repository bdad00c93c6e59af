using System.Text;

namespace Foobar.Ops.Tests.Operations;

/// <summary>The other end of a conversation: expects each text, and then says what belongs to it.</summary>
internal sealed class ScriptedStream(params (string Expects, string Says)[] script) : Stream
{
    private int _next;
    private bool _spoken = true;

    /// <summary>What is done when all was said, before a read that would find the end; a read that was cancelled by it says so.</summary>
    public Action? AtItsEnd { get; init; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_spoken && (_next >= script.Length || script[_next].Expects.Length > 0))
        {
            return 0;
        }

        _next += _spoken ? 1 : 0;
        _spoken = true;
        return Encoding.ASCII.GetBytes(script[_next - 1].Says, buffer.AsSpan(offset, count));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] bytes = new byte[buffer.Length];
        int read = Read(bytes, 0, bytes.Length);
        if (read == 0)
        {
            AtItsEnd?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
        }

        bytes.AsMemory(0, read).CopyTo(buffer);
        return ValueTask.FromResult(read);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        Assert.Equal(script[_next].Expects, Encoding.ASCII.GetString(buffer, offset, count));
        _next++;
        _spoken = false;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.ToArray(), 0, buffer.Length);
        return ValueTask.CompletedTask;
    }
}
