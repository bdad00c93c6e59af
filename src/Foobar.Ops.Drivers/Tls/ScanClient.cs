using System.Net;
using System.Security.Cryptography;
using System.Text;
using Foobar.Ops.Remoting.Drivers;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Foobar.Ops.Drivers.Tls;

/// <summary>A client that records what the server does. It trusts nobody and has no certificate.</summary>
/// <param name="crypto">The algorithms.</param>
/// <param name="offer">What is offered.</param>
internal sealed class ScanClient(TlsCrypto crypto, WholeOffer offer) : DefaultTlsClient(crypto), TlsAuthentication
{
    private const int SessionIdLength = 32, TicketExtension = 35;

    private byte[]? _ticket;
    private byte[][] _certificates = [];
    private bool _hasStatus, _wantsCertificate, _isResumed;

    /// <summary>The alert that ended the handshake; <see langword="null"/> if none did.</summary>
    public string? Alert { get; private set; }

    private SavedSession? Saved => offer.Session as SavedSession;

    /// <summary>What was seen.</summary>
    public WholeHandshake Result(ScanProtocol protocol) => new()
    {
        Certificates = _certificates,
        Protocol = m_context?.SecurityParameters is { IsApplicationProtocolSet: true, ApplicationProtocol: { } name }
            ? name.GetUtf8Decoding() : null,
        HasStatus = _hasStatus,
        WantsClientCertificate = _wantsCertificate,
        IsResumed = _isResumed,
        Session = offer.IsTls13 || protocol.IsHandshaking ? null : Save(),
        HasTicket = offer.IsTls13 ? protocol.HasTicket : _ticket is not null,
        EarlyDataBytes = protocol.EarlyDataBytes,
    };

    /// <inheritdoc/>
    public override TlsAuthentication GetAuthentication() => this;

    /// <inheritdoc/>
    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        _certificates = [.. serverCertificate.Certificate.GetCertificateList().Select(static certificate => certificate.GetEncoded())];
        _hasStatus = serverCertificate.CertificateStatus is not null;
    }

    /// <inheritdoc/>
    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest)
    {
        _wantsCertificate = true;
        return null;
    }

    /// <inheritdoc/>
    public override IDictionary<int, byte[]> GetClientExtensions()
    {
        IDictionary<int, byte[]> extensions = base.GetClientExtensions();
        if (!offer.IsTls13)
        {
            extensions[TicketExtension] = Saved?.Ticket ?? [];
        }

        return extensions;
    }

    /// <inheritdoc/>
    public override TlsSession? GetSessionToResume() => Saved is { } saved ? TlsUtilities.ImportSession(saved.Id, saved.Parameters) : null;

    /// <inheritdoc/>
    public override void NotifySessionToResume(TlsSession? session)
    {
        // A server that resumes answers with the id that it was sent; so nothing is known yet.
    }

    /// <inheritdoc/>
    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        _isResumed = m_context.SecurityParameters.IsResumedSession;
    }

    /// <inheritdoc/>
    public override void NotifyNewSessionTicket(NewSessionTicket newSessionTicket)
    {
        _ticket = newSessionTicket.Ticket is { Length: > 0 } ticket ? ticket : null;
    }

    /// <inheritdoc/>
    public override void NotifyAlertReceived(short alertLevel, short alertDescription)
    {
        if (alertLevel == AlertLevel.fatal)
        {
            Alert = $"alert {AlertDescription.GetName(alertDescription)}";
        }
    }

    /// <inheritdoc/>
    public override IList<int> GetEarlyKeyShareGroups() => [.. Groups().Take(1)];

    /// <summary>Small primes are what a scan wants to see, not what it must refuse.</summary>
    public override TlsDHGroupVerifier GetDHGroupVerifier() => new AnyGroup();

    /// <inheritdoc/>
    protected override ProtocolVersion[] GetSupportedVersions() => [offer.IsTls13 ? ProtocolVersion.TLSv13 : ProtocolVersion.TLSv12];

    /// <inheritdoc/>
    protected override int[] GetSupportedCipherSuites() => TlsUtilities.GetSupportedCipherSuites(Crypto, [.. offer.Suites]);

    /// <inheritdoc/>
    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => Groups();

    /// <inheritdoc/>
    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() =>
    [
        .. TlsUtilities.GetDefaultSupportedSignatureAlgorithms(m_context),
        .. ((int[])[SignatureScheme.mldsa44, SignatureScheme.mldsa65, SignatureScheme.mldsa87]).Select(
            SignatureScheme.GetSignatureAndHashAlgorithm),
    ];

    /// <inheritdoc/>
    protected override IList<ProtocolName>? GetProtocolNames() =>
        offer.Protocols.Count == 0 ? null : [.. offer.Protocols.Select(ProtocolName.AsUtf8Encoding)];

    /// <inheritdoc/>
    protected override IList<ServerName>? GetSniServerNames() => offer.ServerName.Length == 0 || IPAddress.TryParse(offer.ServerName, out _)
        ? null
        : [new ServerName(NameType.host_name, Encoding.ASCII.GetBytes(offer.ServerName.TrimEnd('.')))];

    /// <inheritdoc/>
    protected override CertificateStatusRequest? GetCertificateStatusRequest() =>
        offer.AsksForStatus ? base.GetCertificateStatusRequest() : null;

    private List<int> Groups() => [.. offer.Groups.Where(Has)];

    // Of a hybrid group the algorithms know only the parts.
    private bool Has(int group) => NamedGroup.RefersToASpecificHybrid(group)
        ? Crypto.HasNamedGroup(NamedGroup.GetHybridFirst(group)) && Crypto.HasNamedGroup(NamedGroup.GetHybridSecond(group))
        : Crypto.HasNamedGroup(group);

    private SavedSession? Save()
    {
        TlsSession? session = m_context.Session;
        SessionParameters? parameters = session?.ExportSessionParameters();

        // To a ticket belongs an id of the client's own, by which it sees that the server took it (RFC 5077, 3.4).
        byte[] id = session?.SessionID is { Length: > 0 } given ? given : _ticket is null ? []
            : RandomNumberGenerator.GetBytes(SessionIdLength);
        return parameters is null || id.Length == 0 ? null : new SavedSession(id, parameters, _ticket);
    }

    private sealed record SavedSession(byte[] Id, SessionParameters Parameters, byte[]? Ticket);

    private sealed class AnyGroup : TlsDHGroupVerifier
    {
        public bool Accept(DHGroup dhGroup) => true;
    }
}
