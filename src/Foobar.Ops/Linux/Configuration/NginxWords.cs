using Foobar.Ops.Findings;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>The words of nginx's configuration that are taken apart here.</summary>
internal static class NginxWords
{
    /// <summary>Directives about TLS: those that name a file with a private key, and those that don't.</summary>
    public static readonly Vocabulary TlsDirectives = new Vocabulary(
        "nginx TLS directive",
        "nginx 1.22 to 1.31: ngx_http_ssl_module, ngx_stream_ssl_module, ngx_mail_ssl_module, ngx_http_proxy_module, "
        + "ngx_stream_proxy_module, ngx_http_grpc_module, ngx_http_uwsgi_module")
        .Handled("ssl_certificate_key, proxy_ssl_certificate_key, grpc_ssl_certificate_key, uwsgi_ssl_certificate_key")
        .Irrelevant(
            "names certificates, or secrets other than a certificate's key",
            "ssl_certificate, ssl_certificate_cache, ssl_client_certificate, ssl_trusted_certificate, ssl_crl, ssl_dhparam, "
            + "ssl_password_file, ssl_session_ticket_key, ssl_stapling_file, ssl_key_log, ssl_ech_file, proxy_ssl_certificate, "
            + "proxy_ssl_certificate_cache, proxy_ssl_crl, proxy_ssl_key_log, proxy_ssl_password_file, "
            + "proxy_ssl_trusted_certificate, grpc_ssl_certificate, grpc_ssl_certificate_cache, grpc_ssl_crl, "
            + "grpc_ssl_key_log, grpc_ssl_password_file, grpc_ssl_trusted_certificate, uwsgi_ssl_certificate, "
            + "uwsgi_ssl_certificate_cache, uwsgi_ssl_crl, uwsgi_ssl_key_log, uwsgi_ssl_password_file, "
            + "uwsgi_ssl_trusted_certificate")
        .Irrelevant(
            "how the handshake is made",
            "ssl, ssl_alpn, ssl_buffer_size, ssl_certificate_compression, ssl_ciphers, ssl_conf_command, ssl_early_data, ssl_ecdh_curve, "
                + "ssl_engine, "
            + "ssl_handshake_timeout, ssl_ocsp, ssl_ocsp_cache, ssl_ocsp_responder, ssl_prefer_server_ciphers, ssl_preread, "
            + "ssl_protocols, ssl_reject_handshake, ssl_session_cache, ssl_session_tickets, ssl_session_timeout, ssl_stapling, "
            + "ssl_stapling_responder, ssl_stapling_verify, ssl_verify_client, ssl_verify_depth, proxy_ssl, proxy_ssl_alpn, "
            + "proxy_ssl_ciphers, "
            + "proxy_ssl_conf_command, proxy_ssl_name, proxy_ssl_protocols, proxy_ssl_server_name, proxy_ssl_session_reuse, "
            + "proxy_ssl_verify, proxy_ssl_verify_depth, grpc_ssl_ciphers, grpc_ssl_conf_command, grpc_ssl_name, "
            + "grpc_ssl_protocols, grpc_ssl_server_name, grpc_ssl_session_reuse, grpc_ssl_verify, grpc_ssl_verify_depth, "
            + "uwsgi_ssl_ciphers, uwsgi_ssl_conf_command, uwsgi_ssl_name, uwsgi_ssl_protocols, uwsgi_ssl_server_name, "
            + "uwsgi_ssl_session_reuse, uwsgi_ssl_verify, uwsgi_ssl_verify_depth");

    /// <summary>Parameters of <c>access_log</c> behind the file and the format.</summary>
    public static readonly Vocabulary AccessLogParameters = new Vocabulary(
        "nginx access_log parameter", "nginx 1.22 to 1.31, ngx_http_log_module")
        .Handled("buffer, gzip, flush, if");

    /// <summary>Parameters of <c>listen</c> behind the address.</summary>
    public static readonly Vocabulary ListenParameters = new Vocabulary(
        "nginx listen parameter", "nginx 1.22 to 1.31, ngx_http_core_module")
        .Handled("ssl, quic, proxy_protocol")
        .Irrelevant(
            "how the socket is made, or which server answers where none is named",
            "default_server, default, http2, spdy, setfib, fastopen, backlog, rcvbuf, sndbuf, accept_filter, deferred, bind, "
            + "ipv6only, reuseport, so_keepalive, multipath");
}
