using System.Text;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Tests.Operations.Model;

/// <summary>The state directory of one operator's machine, in memory. What its process had open when it died is released.</summary>
internal sealed class MemoryFiles : IStateFiles
{
    private readonly SortedDictionary<string, MemoryStream> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _alone = new(StringComparer.Ordinal);

    /// <summary>Whether nothing is written any more, since whoever writes is dead.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Releases what a process had for itself alone.</summary>
    public void Release() => _alone.Clear();

    public void CreateDirectory(string path)
    {
    }

    public Stream Open(string path, FileMode mode, FileShare share)
    {
        if (share == FileShare.None && !_alone.Add(path))
        {
            throw new IOException($"{path} is in use.");
        }

        if (mode == FileMode.Create || !_files.TryGetValue(path, out MemoryStream? content))
        {
            _files[path] = content = new();
        }

        return new Handle(this, content, share == FileShare.None ? () => _alone.Remove(path) : null);
    }

    public string? ReadText(string path) =>
        _files.TryGetValue(path, out MemoryStream? content) ? Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length) : null;

    public IReadOnlyList<string> Find(string directory, string suffix) =>
        [
            .. _files.Keys.Where(
                path => path.StartsWith(directory, StringComparison.Ordinal) && path.EndsWith(suffix, StringComparison.Ordinal)),
        ];

    public void Move(string from, string to)
    {
        _files[to] = _files[from];
        _files.Remove(from);
    }

    private sealed class Handle(MemoryFiles files, MemoryStream content, Action? closed) : Stream
    {
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => content.Length;

        public override long Position
        {
            get => _at;
            set => _at = value;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            content.Position = _at;
            int read = content.Read(buffer, offset, count);
            _at += read;
            return read;
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (files.IsStopped)
            {
                return;
            }

            content.Position = _at;
            content.Write(buffer, offset, count);
            _at += count;
        }

        public override long Seek(long offset, SeekOrigin origin) => _at = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _at + offset,
            _ => content.Length + offset,
        };

        public override void SetLength(long value) => content.SetLength(value);

        protected override void Dispose(bool disposing)
        {
            closed?.Invoke();
            base.Dispose(disposing);
        }
    }
}
