namespace Foobar.Ops.Tests.Vocabularies;

/// <summary>
/// The words of HAProxy, nginx, systemd and sshd that the documentation of the supported versions has. A newer release's
/// list belongs here, so that what it adds shows as a failing test.
/// </summary>
public sealed class WebVocabularyTests
{
    /// <summary>Configuration Manual of HAProxy 2.6, 2.8, 3.0, 3.2 and 3.4, section 5.2.</summary>
    private const string Servers = """
        addr agent-addr agent-check agent-inter agent-port agent-send allow-0rtt alpn backup ca-file check check-alpn check-pool-conn-name check-proto
        check-reuse-pool check-send-proxy check-sni check-ssl check-via-socks4 ciphers ciphersuites client-sigalgs cookie crl-file crt curves disabled
        downinter enabled error-limit fall fastinter force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 guid hash-key id idle-ping init-addr
        init-state inter log-bufsize log-proto max-reuse maxconn maxqueue minconn namespace no-agent-check no-backup no-check no-check-reuse-pool
        no-check-ssl no-send-proxy no-send-proxy-v2 no-send-proxy-v2-ssl no-send-proxy-v2-ssl-cn no-ssl no-ssl-reuse no-sslv3 no-tfo no-tls-tickets
        no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 no-verifyhost non-stick npn observe on-error on-marked-down on-marked-up pool-conn-name pool-low-conn
        pool-max-conn pool-purge-delay port proto proxy-v2-options quic-cc-algo redir resolve-net resolve-opts resolve-prefer resolvers rise send-proxy send-proxy-v2
        send-proxy-v2-ssl send-proxy-v2-ssl-cn set-proxy-v2-tlv-fmt shard sigalgs slowstart sni socks4 source ssl ssl-max-ver ssl-min-ver ssl-reuse stick
        strict-maxconn tcp-md5sig tcp-ut tfo tls-tickets track verify verifyhost weight ws
        """;

    /// <summary>Configuration Manual of HAProxy 2.6, 2.8, 3.0, 3.2 and 3.4, section 4.1; the first word of each entry.</summary>
    private const string Proxies = """
        acl backlog balance be-unpublished bind bind-process capture clitcpka-cnt clitcpka-idle clitcpka-intvl compression cookie crt declare default-server
        default_backend description disabled dispatch email-alert enabled error-log-format errorfile errorfiles errorloc errorloc302 errorloc303
        external-check filter filter-sequence force-be-switch force-persist fullconn guid hash-balance-factor hash-key hash-preserve-affinity hash-type http-after-response http-check
        http-error http-request http-response http-reuse http-send-name-header id ignore-persist load-server-state-from-file log log-format
        log-format-sd log-steps log-tag max-keep-alive-queue max-session-srv-conns maxconn mode monitor monitor-uri option persist quic-initial
        rate-limit redirect retries retry-on server server-state-file-name server-template source srvtcpka-cnt srvtcpka-idle srvtcpka-intvl stats stick
        stick-table tcp-check tcp-request tcp-response timeout transparent unique-id-format unique-id-header use-fcgi-app use-server use_backend
        """;

    /// <summary>Configuration Manual of HAProxy 2.6, 2.8, 3.0, 3.2 and 3.4, section 5.1.</summary>
    private const string Binds = """
        accept-netscaler-cip accept-proxy allow-0rtt alpn backlog ca-file ca-ignore-err ca-sign-file ca-sign-pass ca-verify-file ciphers ciphersuites
        client-sigalgs crl-file crt crt-ignore-err crt-list curves default-crt defer-accept ecdhe ech expose-fd force-sslv3 force-tlsv10 force-tlsv11
        force-tlsv12 force-tlsv13 generate-certificates gid group guid-prefix id idle-ping interface label level maxconn mode mss name namespace nbconn
        nice no-alpn no-ca-names no-sslv3 no-strict-sni no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 npn ocsp-update prefer-client-ciphers
        process proto quic-cc-algo quic-force-retry quic-socket severity-output shards sigalgs ssl ssl-max-ver ssl-min-ver strict-sni tcp-md5sig tcp-ut tfo thread
        tls-ticket-keys tls-tickets transparent uid user v4v6 v6only verify
        """;

    /// <summary>ngx_http_ssl_module, ngx_stream_ssl_module and ngx_mail_ssl_module of nginx 1.22 to 1.31.</summary>
    private const string NginxTls = """
        ssl ssl_alpn ssl_buffer_size ssl_certificate ssl_certificate_cache ssl_certificate_compression ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_conf_command ssl_crl
        ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_ech_file ssl_engine ssl_handshake_timeout ssl_key_log ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder ssl_password_file
        ssl_prefer_server_ciphers ssl_preread ssl_protocols ssl_reject_handshake ssl_session_cache ssl_session_ticket_key ssl_session_tickets
        ssl_session_timeout ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify ssl_trusted_certificate ssl_verify_client ssl_verify_depth
        proxy_ssl proxy_ssl_alpn proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_ciphers proxy_ssl_conf_command proxy_ssl_crl proxy_ssl_name
        proxy_ssl_password_file proxy_ssl_protocols proxy_ssl_server_name proxy_ssl_session_reuse proxy_ssl_trusted_certificate proxy_ssl_verify
        proxy_ssl_verify_depth grpc_ssl_certificate grpc_ssl_certificate_key grpc_ssl_verify uwsgi_ssl_certificate uwsgi_ssl_certificate_key uwsgi_ssl_verify
        """;

    /// <summary>sshd_config(5) of OpenSSH 9.2 and 10.0, in lower case as sshd -T prints it.</summary>
    private const string Sshd = """
        acceptenv addressfamily allowagentforwarding allowgroups allowstreamlocalforwarding allowtcpforwarding allowusers authenticationmethods
        authorizedkeyscommand authorizedkeyscommanduser authorizedkeysfile authorizedprincipalscommand authorizedprincipalscommanduser
        authorizedprincipalsfile banner casignaturealgorithms channeltimeout chrootdirectory ciphers clientalivecountmax clientaliveinterval compression
        denygroups denyusers disableforwarding exposeauthinfo fingerprinthash forcecommand gatewayports gssapiauthentication gssapicleanupcredentials
        gssapistrictacceptorcheck hostbasedacceptedalgorithms hostbasedauthentication hostbasedusesnamefrompacketonly hostcertificate hostkey hostkeyagent
        hostkeyalgorithms ignorerhosts ignoreuserknownhosts ipqos kbdinteractiveauthentication kerberosauthentication kerberosgetafstoken
        kerberosorlocalpasswd kerberosticketcleanup kexalgorithms listenaddress logingracetime loglevel logverbose macs match maxauthtries maxsessions
        maxstartups modulifile pamservicename passwordauthentication permitemptypasswords permitlisten permitopen permitrootlogin permittty permittunnel
        permituserenvironment permituserrc persourcemaxstartups persourcenetblocksize persourcepenalties persourcepenaltyexemptlist pidfile port printlastlog
        printmotd pubkeyacceptedalgorithms pubkeyauthentication pubkeyauthoptions rdomain refuseconnection rekeylimit requiredrsasize revokedkeys
        securitykeyprovider setenv sshdauthpath sshdsessionpath streamlocalbindmask streamlocalbindunlink strictmodes subsystem syslogfacility tcpkeepalive
        trustedusercakeys unusedconnectiontimeout usedns usepam versionaddendum x11displayoffset x11forwarding x11uselocalhost xauthlocation
        """;

    [Theory]
    [InlineData("HAProxy server keyword", Servers)]
    [InlineData("HAProxy proxy keyword", Proxies)]
    [InlineData("HAProxy bind keyword", Binds)]
    [InlineData("nginx TLS directive", NginxTls)]
    [InlineData("nginx access_log parameter", "buffer gzip flush if")]
    [InlineData(
        "nginx listen parameter",
        "default_server ssl http2 quic proxy_protocol setfib fastopen backlog rcvbuf sndbuf accept_filter deferred bind ipv6only reuseport "
            + "so_keepalive")]
    [InlineData("systemd active state", "active reloading inactive failed activating deactivating maintenance refreshing")]
    [InlineData("systemd unit file state",
        "enabled enabled-runtime linked linked-runtime alias masked masked-runtime static disabled indirect generated transient bad")]
    [InlineData("sshd setting", Sshd)]
    [InlineData("sshd PermitRootLogin value", "yes no prohibit-password without-password forced-commands-only")]
    public void Each_word_of_the_documentation_is_known(string subject, string documented) =>
        Assert.Empty(VocabularyList.Missing(subject, documented));

    [Fact]
    public void Each_state_of_a_server_is_known() => Assert.All(
        (string[])["UP", "DOWN", "NOLB", "DRAIN", "MAINT", "no check"],
        word => Assert.True(
            VocabularyList.All.Single(entry => entry.Vocabulary.Subject == "HAProxy server status").Vocabulary.IsHandled(word)));
}
