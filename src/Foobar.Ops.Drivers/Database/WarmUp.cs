using System.Data.Common;
using System.Net.Sockets;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Drivers.Database;

/// <summary>
/// Has the driver's code loaded and compiled by a connection to a server of its own: a socket in a private directory, at
/// which one connection is greeted and each packet answered (MySQL Client/Server Protocol, "Connection Phase",
/// "Text Resultset"). No byte leaves the process, and no account is involved.
/// </summary>
internal static class WarmUp
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // HandshakeV10: 4.1 protocol, transactions, secure connection, plugin authentication; no TLS.
    private static readonly byte[] Greeting =
    [
        10, .. "8.4.0\0"u8, 1, 0, 0, 0, .. "saltsalt"u8, 0, 0x00, 0xa2, 45, 2, 0, 0x08, 0x00, 21, .. new byte[10], .. "saltsaltsalt\0"u8,
        .. "mysql_native_password\0"u8,
    ];

    private static readonly byte[] Done = [0, 0, 0, 2, 0, 0, 0];

    // One column "a" of type VARCHAR in utf8mb4, one row "b"; an EOF packet after each.
    private static readonly byte[][] Result =
    [
        [1], [
            3, .. "def"u8, 0, 0, 0, 1, (byte)'a', 0, 12, 45, 0, 4, 0, 0, 0, 253, 0, 0, 0, 0, 0,
        ], [0xfe, 0, 0, 2, 0], [1, (byte)'b'], [0xfe, 0, 0, 2, 0],
    ];

    /// <summary>Runs it; whatever fails is left for the first real connection to tell.</summary>
    public static async Task RunAsync(IDatabaseDriver driver)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("foobar-");
        try
        {
            string path = Path.Combine(directory.FullName, "s");
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            using CancellationTokenSource limit = new(Limit);
            await Task.WhenAll(AnswerAsync(listener, limit.Token), AskAsync(driver, path, limit.Token)).ConfigureAwait(false);
        }
        catch (Exception error)
            when (error is IOException or SocketException or DbException or OperationCanceledException or PlatformNotSupportedException)
        {
            // Nothing depends on it.
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task AskAsync(IDatabaseDriver driver, string path, CancellationToken cancellationToken)
    {
        DbConnection connection = driver.Create(new DatabaseTarget(path, "warm-up", Password: null, Encrypt: false, Limit));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            DbCommand command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = "SELECT @a";
                DbParameter parameter = command.CreateParameter();
                parameter.ParameterName = "@a";
                parameter.Value = "b";
                command.Parameters.Add(parameter);
                DbDataReader reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                    {
                        driver.Plain(reader.GetValue(0));
                    }
                }
            }
        }
    }

    /// <summary>The server's part: greets, accepts the login and SET NAMES, answers a query, and hears the goodbye.</summary>
    private static async Task AnswerAsync(Socket listener, CancellationToken cancellationToken)
    {
        using Socket accepted = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        NetworkStream stream = new(accepted);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(Packets(0, [Greeting]), cancellationToken).ConfigureAwait(false);
            await HearAsync(stream, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(Packets(2, [Done]), cancellationToken).ConfigureAwait(false);
            await HearAsync(stream, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(Packets(1, [Done]), cancellationToken).ConfigureAwait(false);
            await HearAsync(stream, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(Packets(1, Result), cancellationToken).ConfigureAwait(false);
            await HearAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task HearAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        byte[] head = new byte[4];
        await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        await stream.ReadExactlyAsync(new byte[head[0] | (head[1] << 8) | (head[2] << 16)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Payloads as packets: a length of three bytes, a sequence number, the payload.</summary>
    private static byte[] Packets(int sequence, byte[][] payloads) =>
        [
            .. payloads.SelectMany(
                (payload, at) => (byte[])[(byte)payload.Length, (byte)(payload.Length >> 8), 0, (byte)(sequence + at), .. payload]),
        ];
}
