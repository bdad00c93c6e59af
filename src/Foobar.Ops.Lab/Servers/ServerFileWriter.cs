using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Servers;

/// <summary>Writes files into a server's root file system while the server does not run.</summary>
internal sealed class ServerFileWriter(string root)
{
    /// <summary>Writes one file, or makes one link, in place of what is there.</summary>
    public async Task WriteAsync(ServerFile file, CancellationToken cancel)
    {
        string path = root + file.Path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        // Never through a link of the image: an absolute one would lead out of the server, to this machine's own file.
        File.Delete(path);
        if (file.LinkTo is string target)
        {
            File.CreateSymbolicLink(path, target);
            return;
        }

        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ServerFile.OwnerOnly };
        await using (StreamWriter writer = new(path, options))
        {
            await writer.WriteAsync(file.Content);
        }

        if (file.Owner != "root" || file.Group != "root")
        {
            // In the server's root, where these names have their meaning.
            await Tool.RunAsync("chroot", [root, "chown", $"{file.Owner}:{file.Group}", file.Path], cancel: cancel);
        }

        File.SetUnixFileMode(path, file.Mode);
    }
}
