using Foobar.Ops.Inventory;

namespace Foobar.Ops.Remoting.Ssh;

/// <summary>The configuration file that every OpenSSH client of one site's sessions is given; written when first needed.</summary>
/// <param name="site">The site.</param>
/// <param name="options">The operator's choices.</param>
/// <param name="directory">Where the file is made.</param>
internal sealed class SshConfiguration(Site site, SessionOptions options, Lazy<PrivateDirectory> directory)
{
    private readonly Lock _lock = new();
    private string? _path;

    /// <summary>The file's path.</summary>
    /// <exception cref="Errors.FoobarException"><c>SshConfigMissing</c>, <c>SshConfigInvalid</c>.</exception>
    public string Path
    {
        get
        {
            lock (_lock)
            {
                if (_path is null)
                {
                    string path = System.IO.Path.Combine(directory.Value.FullPath, "config");
                    File.WriteAllText(path, SshSettings.Configuration(options, SshSettings.Included(site)));
                    _path = path;
                }

                return _path;
            }
        }
    }
}
