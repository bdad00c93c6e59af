using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Sessions by SSH.NET.</summary>
public sealed class SshNetSessionTests(LocalSshd sshd) : SshSessionContract(sshd, SshTransport.SshNet), IClassFixture<LocalSshd>
{
}
