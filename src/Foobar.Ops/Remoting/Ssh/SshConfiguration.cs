using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>The configuration files that the OpenSSH clients of one site's sessions are given; each is written when first needed.</summary>
/// <param name="site">The site.</param>
/// <param name="limit">The time limit for connecting.</param>
/// <param name="directory">Where the files are made.</param>
internal sealed class SshConfiguration(Site site, TimeSpan limit, Lazy<PrivateDirectory> directory)
{
    private readonly Lock _lock = new();
    private string? _path;
    private string? _accepting;

    /// <summary>The path of the file by which only known host keys are accepted.</summary>
    /// <exception cref="Errors.FoobarException"><c>SshConfigMissing</c>, <c>SshConfigInvalid</c>.</exception>
    public string Path
    {
        get
        {
            lock (_lock)
            {
                return _path ??= Write("config", acceptNew: false);
            }
        }
    }

    /// <summary>The path of the file by which keys of servers that <c>known_hosts</c> doesn't know are accepted and kept.</summary>
    /// <exception cref="Errors.FoobarException"><c>SshConfigMissing</c>, <c>SshConfigInvalid</c>.</exception>
    public string AcceptingPath
    {
        get
        {
            lock (_lock)
            {
                return _accepting ??= Write("accept", acceptNew: true);
            }
        }
    }

    private string Write(string name, bool acceptNew)
    {
        string path = System.IO.Path.Combine(directory.Value.FullPath, name);
        File.WriteAllText(path, SshSettings.Configuration(limit, acceptNew, SshSettings.Included(site)));
        return path;
    }
}
