using Foobar.Ops.Remoting.Drivers;
using ZstdSharp;

namespace Foobar.Ops.Drivers.Compression;

/// <summary>zstd by ZstdSharp, a port of the reference implementation in managed code.</summary>
internal sealed class ZstdSharpDriver : ICompressionDriver
{
    /// <inheritdoc/>
    public Stream OpenZstd(Stream compressed) => new FaultStream(new DecompressionStream(compressed, leaveOpen: false));

    /// <summary>Its errors are the platform's own for such data.</summary>
    private sealed class FaultStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            try
            {
                return inner.Read(buffer, offset, count);
            }
            catch (ZstdException error)
            {
                throw new InvalidDataException(error.Message, error);
            }
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
