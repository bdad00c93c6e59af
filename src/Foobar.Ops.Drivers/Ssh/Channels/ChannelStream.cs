namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>A channel as a stream.</summary>
/// <param name="channel">The channel.</param>
/// <param name="direction">What the stream is for: both closes the channel when disposed, writing ends the writing.</param>
internal sealed class ChannelStream(SshChannel channel, FileAccess direction = FileAccess.ReadWrite) : Stream
{
    public override bool CanRead => direction.HasFlag(FileAccess.Read);

    public override bool CanSeek => false;

    public override bool CanWrite => direction.HasFlag(FileAccess.Write);

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => channel.Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => channel.Read(buffer);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        channel.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        channel.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => channel.Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => channel.Write(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        channel.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        channel.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // What was written is on its way.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && direction == FileAccess.ReadWrite)
        {
            channel.EndWriting();
            channel.Close();
        }
        else if (disposing && direction == FileAccess.Write)
        {
            channel.EndWriting();
        }

        base.Dispose(disposing);
    }
}
