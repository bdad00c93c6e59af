using Foobar.Ops.Remoting.Ssh.Hops;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Remoting.Drivers;

/// <summary>Opens SSH connections by a library in this process.</summary>
internal interface ISshDriver
{
    /// <summary>The transport of one site's sessions.</summary>
    ISshTransport Create(SshDriverContext context);
}

/// <summary>What a transport of one site's sessions works with.</summary>
/// <param name="Options">The operator's choices.</param>
/// <param name="Hops">Finds the way to a server.</param>
/// <param name="Directory">Where sockets are made.</param>
internal sealed record SshDriverContext(SessionOptions Options, HopResolver Hops, Lazy<PrivateDirectory> Directory);
