namespace Foobar.Ops.Tls.Scan.Registry;

/// <summary>The descriptions of alerts (IANA, TLS Alerts).</summary>
internal static class AlertText
{
    public const byte CloseNotify = 0, HandshakeFailure = 40, ProtocolVersion = 70, InsufficientSecurity = 71, InappropriateFallback = 86,
        UnrecognizedName = 112, NoApplicationProtocol = 120;

    /// <summary>The name of an alert: <c>handshake_failure</c>; its number if it is not known.</summary>
    public static string Of(byte description) => description switch
    {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => FormattableString.Invariant($"alert {description}"),
    };
}
