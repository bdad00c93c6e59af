using Renci.SshNet.Messages.Connection;

namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>What a channel is opened for: a type and its own fields.</summary>
/// <param name="channelType">The type.</param>
/// <param name="fields">The fields, encoded.</param>
internal sealed class ChannelKind(string channelType, params byte[][] fields) : ChannelOpenInfo
{
    /// <inheritdoc/>
    public override string ChannelType => channelType;

    /// <inheritdoc/>
    protected override int BufferCapacity => base.BufferCapacity + fields.Sum(part => part.Length);

    /// <summary>A session, in which one command runs (RFC 4254, 6.1).</summary>
    public static ChannelKind Session() => new("session");

    /// <summary>A connection from the server to a host and port (RFC 4254, 7.2).</summary>
    public static ChannelKind DirectTcp(string host, int port) =>
        new("direct-tcpip", WireText.Text(host), WireText.Number((uint)port), WireText.Text("127.0.0.1"), WireText.Number(0));

    /// <summary>A connection from the server to a unix socket (OpenSSH's PROTOCOL, 2.4).</summary>
    public static ChannelKind DirectUnix(string path) =>
        new("direct-streamlocal@openssh.com", WireText.Text(path), WireText.Text(""), WireText.Number(0));

    /// <inheritdoc/>
    protected override void SaveData()
    {
        base.SaveData();
        foreach (byte[] part in fields)
        {
            Write(part);
        }
    }
}

/// <summary>A request on a channel: a name and its own fields.</summary>
internal sealed class ChannelAsk : RequestInfo
{
    private readonly string _name;
    private readonly byte[] _fields;

    private ChannelAsk(string name, bool wantReply, byte[] fields)
    {
        _name = name;
        _fields = fields;
        WantReply = wantReply;
    }

    /// <inheritdoc/>
    public override string RequestName => _name;

    /// <inheritdoc/>
    protected override int BufferCapacity => base.BufferCapacity + _fields.Length;

    /// <summary>Runs a command (RFC 4254, 6.5).</summary>
    public static ChannelAsk Exec(string command) => new("exec", wantReply: true, WireText.Text(command));

    /// <inheritdoc/>
    protected override void SaveData()
    {
        base.SaveData();
        Write(_fields);
    }
}
