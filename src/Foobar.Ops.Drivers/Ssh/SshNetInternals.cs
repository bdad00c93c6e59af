using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using Renci.SshNet;
using Renci.SshNet.Messages;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>
/// What this assembly uses of SSH.NET beyond its public types: a session over a socket of ours, and sending a message. The
/// package's version is pinned, and <c>SshNetInternalsTests</c> fails when one of these changes.
/// </summary>
internal static class SshNetInternals
{
    private static readonly Assembly Library = typeof(Session).Assembly;
    private static readonly Type Services = Library.GetType("Renci.SshNet.IServiceFactory", throwOnError: true)!;
    private static readonly Type Connector = Library.GetType("Renci.SshNet.Connection.IConnector", throwOnError: true)!;
    private static readonly Type SocketFactory = Library.GetType("Renci.SshNet.Connection.ISocketFactory", throwOnError: true)!;

    private static readonly ConstructorInfo NewSession = typeof(Session)
        .GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(ConnectionInfo), Services, SocketFactory])
        ?? throw new MissingMethodException("Renci.SshNet.Session(ConnectionInfo, IServiceFactory, ISocketFactory)");

    /// <summary>Makes a session, not yet connected, that will speak over a socket which is connected already.</summary>
    /// <param name="connection">Algorithms and logins.</param>
    /// <param name="socket">The socket; the session disposes it.</param>
    public static Session Create(ConnectionInfo connection, Socket socket)
    {
        object real = Activator.CreateInstance(Library.GetType("Renci.SshNet.ServiceFactory", throwOnError: true)!, nonPublic: true)!;
        object connector = Proxy(Connector, (method, _) => method.Name == "ConnectAsync" ? Task.FromResult(socket) : socket);
        object services = Proxy(
            Services, (method, arguments) => method.Name == "CreateConnector" ? connector : Invoke(real, method, arguments));
        object sockets = Invoke(real, Services.GetMethod("CreateSocketFactory")!, [])!;
        return (Session)NewSession.Invoke([connection, services, sockets]);
    }

    /// <summary>Sends a message; blocks while the socket takes no more, and while keys are exchanged.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SendMessage")]
    public static extern void Send(Session session, Message message);

    private static object? Invoke(object target, MethodInfo method, object?[]? arguments) =>
        method.Invoke(target, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);

    private static object Proxy(Type contract, Func<MethodInfo, object?[]?, object?> answer)
    {
        object proxy = DispatchProxy.Create(contract, typeof(Answering));
        ((Answering)proxy).Answer = answer;
        return proxy;
    }

    /// <summary>Answers the calls of an interface that can't be implemented by name.</summary>
    internal class Answering : DispatchProxy
    {
        /// <summary>Gives the answer to a call.</summary>
        public Func<MethodInfo, object?[]?, object?>? Answer { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer!(targetMethod!, args);
    }
}
