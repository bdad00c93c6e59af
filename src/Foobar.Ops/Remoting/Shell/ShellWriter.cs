using System.Collections.Concurrent;
using System.Text;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Writes to a shell's input in order. A write to a process's pipe blocks when the network stalls, and must hold up neither
/// a caller's time limit nor a pool thread: so a thread of its own writes, and holds a bounded number of texts. What surely
/// fits into the pipe is written at once, since waking a thread takes longer than a short command's way to the server.
/// </summary>
internal sealed class ShellWriter : IDisposable
{
    private const int MostWaiting = 64;

    /// <summary>
    /// The least that a pipe holds: a page, where a user has many pipes (pipe(7), pipe-user-pages-soft), and on Windows
    /// (CreatePipe's default).
    /// </summary>
    private const int SmallestPipe = 4096;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly BlockingCollection<byte[]> _texts = [];
    private readonly SemaphoreSlim _room = new(MostWaiting);
    private readonly Lock _lock = new();
    private readonly Stream _stream;
    private readonly Thread _thread;
    private int _waiting;
    private long _sent;
    private long _heard;
    private volatile bool _broken;

    public ShellWriter(Stream stream, string server)
    {
        _stream = stream;
        _thread = new Thread(Write) { IsBackground = true, Name = $"{server} input" };
        _thread.Start();
    }

    /// <summary>Writes or queues a text. After the connection broke, texts go nowhere: the reader tells everyone.</summary>
    /// <param name="text">What the shell is to read.</param>
    /// <param name="cancellationToken">Cancels the wait for room.</param>
    /// <param name="job">Whose call it is: notes how far the input goes with it.</param>
    public async Task WriteAsync(string text, CancellationToken cancellationToken, Job? job = null)
    {
        byte[] bytes = Utf8.GetBytes(text);
        try
        {
            if (!WriteNow(bytes, job))
            {
                await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
                Queue(bytes, job);
            }
        }
        catch (InvalidOperationException)
        {
            // Closed, or disposed (which is a kind of it).
        }
    }

    /// <summary>The server answered a job: it has read all up to that job's call.</summary>
    public void Heard(Job job)
    {
        lock (_lock)
        {
            _heard = Math.Max(_heard, job.InputEnd);
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

    private bool WriteNow(byte[] bytes, Job? job)
    {
        lock (_lock)
        {
            if (_broken || _texts.IsAddingCompleted || Volatile.Read(ref _waiting) > 0 || _sent + bytes.Length - _heard > SmallestPipe)
            {
                return false;
            }

            Count(bytes, job);
            try
            {
                _stream.Write(bytes);
                _stream.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                _broken = true;
            }

            return true;
        }
    }

    private void Queue(byte[] bytes, Job? job)
    {
        lock (_lock)
        {
            _texts.Add(bytes, CancellationToken.None);
            Interlocked.Increment(ref _waiting);
            Count(bytes, job);
        }
    }

    private void Count(byte[] bytes, Job? job)
    {
        _sent += bytes.Length;
        if (job is not null)
        {
            job.InputEnd = _sent;
        }
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
                Interlocked.Decrement(ref _waiting);
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
