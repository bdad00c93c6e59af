using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Auditing;

/// <summary>Writes files so that a reader sees the old one or the new one, never half of one.</summary>
internal static class OutputFile
{
    /// <summary>Writes text as UTF-8.</summary>
    /// <param name="path">The path.</param>
    /// <param name="text">The text.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="ownerOnly">Whether only its owner may read it.</param>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public static void Write(string path, string text, bool overwrite, bool ownerOnly)
    {
        EnsureFree(path, overwrite);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, Options(ownerOnly)))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
            }

            File.Move(temporary, path, overwrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Discard(temporary);

            // Nobody knows the temporary file.
            throw !overwrite && File.Exists(path)
                ? Exists(path)
                : NotWritten(path, exception.Message.Replace(temporary, path, StringComparison.Ordinal), exception);
        }
    }

    /// <summary>Refuses a path at which nothing could be written, before the work that would be lost.</summary>
    /// <exception cref="FoobarException"><c>FileExists</c>; <c>FileNotWritten</c>: its folder is not there, or it is one.</exception>
    public static void EnsureFree(string path, bool overwrite)
    {
        if (!overwrite && File.Exists(path))
        {
            throw Exists(path);
        }

        if (Directory.Exists(path))
        {
            throw NotWritten(path, "it is a folder.");
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            throw NotWritten(path, $"there is no folder {folder}.");
        }
    }

    private static FoobarException NotWritten(string path, string why, Exception? cause = null) =>
        new("FileNotWritten", ErrorKind.Failed, $"{path} could not be written: {why}", cause)
        {
            Recommendation = "Choose a folder that exists and that you may write to.",
        };

    private static FileStreamOptions Options(bool ownerOnly)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (ownerOnly && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static FoobarException Exists(string path) => new("FileExists", ErrorKind.Refused, $"{path} exists already.")
    {
        Recommendation = "Choose another path, or replace the file with -Force.",
    };

    private static void Discard(string path)
    {
        if (File.Exists(path))
        {
            File.Delete(path);
        }
    }
}
