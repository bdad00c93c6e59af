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
        if (!overwrite && File.Exists(path))
        {
            throw Exists(path);
        }

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
            throw !overwrite && File.Exists(path) ? Exists(path) : new FoobarException("FileNotWritten", ErrorKind.Failed, $"{path} could not be written: {exception.Message}", exception)
            {
                Recommendation = "Choose a folder that exists and that you may write to.",
            };
        }
    }

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
