using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>SSH by the SSH.NET library.</summary>
internal sealed class SshNetDriver : ISshDriver
{
    /// <inheritdoc/>
    public ISshTransport Create(SshDriverContext context) => new SshNetTransport(context);
}
