namespace Foobar.Ops.Remoting.Drivers;

/// <summary>
/// What packages do for this library, which references none itself. Implemented by <c>Foobar.Ops.Drivers</c>; found by
/// <see cref="LoadedDrivers"/>.
/// </summary>
internal interface IDriverSet
{
    /// <summary>Decompresses what the platform does not.</summary>
    ICompressionDriver Compression { get; }

    /// <summary>Connects to MySQL and MariaDB.</summary>
    IDatabaseDriver Database { get; }

    /// <summary>Opens databases in files of this machine.</summary>
    IFileDatabaseDriver Files { get; }

    /// <summary>Reads private keys, and makes certificate requests.</summary>
    IKeyDriver Keys { get; }

    /// <summary>Draws on a terminal.</summary>
    IScreenDriver Screen { get; }

    /// <summary>Opens SSH connections without an OpenSSH client.</summary>
    ISshDriver Ssh { get; }

    /// <summary>Repeats work that failed in a way that may pass.</summary>
    IRetryDriver Retry { get; }

    /// <summary>Shakes hands with TLS endpoints.</summary>
    ITlsDriver Tls { get; }

    /// <summary>Reads YAML.</summary>
    IYamlDriver Yaml { get; }
}
