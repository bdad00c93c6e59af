using Foobar.Ops.Drivers.Compression;
using Foobar.Ops.Drivers.Database;
using Foobar.Ops.Drivers.Files;
using Foobar.Ops.Drivers.Keys;
using Foobar.Ops.Drivers.Retries;
using Foobar.Ops.Drivers.Ssh;
using Foobar.Ops.Drivers.Terminal;
using Foobar.Ops.Drivers.Tls;
using Foobar.Ops.Drivers.Yaml;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Drivers;

/// <summary>
/// The entry to this assembly, created by name (<see cref="LoadedDrivers"/>). A package is loaded when its driver is first asked for.
/// </summary>
internal sealed class DriverSet : IDriverSet
{
    private readonly Lazy<ICompressionDriver> _compression = new(static () => new ZstdSharpDriver());
    private readonly Lazy<IDatabaseDriver> _database = new(static () => new MySqlConnectorDriver());
    private readonly Lazy<IFileDatabaseDriver> _files = new(static () => new SqliteDriver());
    private readonly Lazy<IKeyDriver> _keys = new(static () => new BouncyCastleKeys());
    private readonly Lazy<IRetryDriver> _retry = new(static () => new PollyRetry());
    private readonly Lazy<IScreenDriver> _screen = new(static () => new SpectreScreen());
    private readonly Lazy<ISshDriver> _ssh = new(static () => new SshNetDriver());
    private readonly Lazy<ITlsDriver> _tls = new(static () => new BouncyCastleDriver());
    private readonly Lazy<IYamlDriver> _yaml = new(static () => new YamlDotNetDriver());

    /// <inheritdoc/>
    public ICompressionDriver Compression => _compression.Value;

    /// <inheritdoc/>
    public IDatabaseDriver Database => _database.Value;

    /// <inheritdoc/>
    public IFileDatabaseDriver Files => _files.Value;

    /// <inheritdoc/>
    public IKeyDriver Keys => _keys.Value;

    /// <inheritdoc/>
    public IRetryDriver Retry => _retry.Value;

    /// <inheritdoc/>
    public IScreenDriver Screen => _screen.Value;

    /// <inheritdoc/>
    public ISshDriver Ssh => _ssh.Value;

    /// <inheritdoc/>
    public ITlsDriver Tls => _tls.Value;

    /// <inheritdoc/>
    public IYamlDriver Yaml => _yaml.Value;
}
