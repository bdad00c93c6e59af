namespace Foobar.Ops.Remoting.Drivers;

/// <summary>Compression that the platform's own classes don't read.</summary>
internal interface ICompressionDriver
{
    /// <summary>What zstd frames (RFC 8878) hold, one after the other.</summary>
    /// <param name="compressed">The frames; disposed with the stream.</param>
    /// <returns>
    /// A stream whose reads throw <see cref="InvalidDataException"/> or <see cref="EndOfStreamException"/> for what is broken.
    /// </returns>
    Stream OpenZstd(Stream compressed);
}
