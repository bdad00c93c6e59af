using System.Collections.Concurrent;
using System.Text;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Writes to a shell's input in order, on a thread of its own: a write to a process's pipe blocks when the network stalls,
/// and must hold up neither a caller's time limit nor a pool thread. Holds a bounded number of texts.
/// </summary>
internal sealed class ShellWriter : IDisposable
{
    private const int MostWaiting = 64;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly BlockingCollection<byte[]> _texts = [];
    private readonly SemaphoreSlim _room = new(MostWaiting);
    private readonly Stream _stream;
    private readonly Thread _thread;
    private volatile bool _broken;

    public ShellWriter(Stream stream, string server)
    {
        _stream = stream;
        _thread = new Thread(Write) { IsBackground = true, Name = $"{server} input" };
        _thread.Start();
    }

    /// <summary>Queues a text. After the connection broke, texts go nowhere: the reader tells everyone.</summary>
    public async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
            _texts.Add(Utf8.GetBytes(text), CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            // Closed, or disposed (which is a kind of it).
        }
    }

    /// <summary>The connection is gone: drops what waits.</summary>
    public void Break()
    {
        _broken = true;
        Close();
    }

    /// <summary>Closes the input after what waits.</summary>
    public void Close()
    {
        try
        {
            _texts.CompleteAdding();
        }
        catch (ObjectDisposedException)
        {
            // Closed long ago.
        }
    }

    /// <summary>Call it once the shell has ended, so that no write can block any more.</summary>
    public void Dispose()
    {
        Break();
        _thread.Join();
        _stream.Dispose();
        _texts.Dispose();
        _room.Dispose();
    }

    private void Write()
    {
        try
        {
            foreach (byte[] bytes in _texts.GetConsumingEnumerable())
            {
                if (!_broken)
                {
                    _stream.Write(bytes);
                    _stream.Flush();
                }

                _room.Release();
            }

            _stream.Dispose();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            _broken = true;
            foreach (byte[] _ in _texts.GetConsumingEnumerable())
            {
                _room.Release();
            }
        }
    }
}
