using Foobar.Ops.Findings;

namespace Foobar.Ops.Servers;

/// <summary>The words that <c>sshd -T</c> prints.</summary>
internal static class SshdWords
{
    /// <summary>The settings, in lower case as they are printed.</summary>
    public static readonly Vocabulary Settings = new Vocabulary(
        "sshd setting", "sshd_config(5), OpenSSH 8.4 to 10.2, with the patches of Debian, Ubuntu and Fedora",
        StringComparer.OrdinalIgnoreCase)
        .Handled(
            "permitrootlogin, passwordauthentication, kbdinteractiveauthentication, challengeresponseauthentication, permitemptypasswords, "
                + "authenticationmethods, x11forwarding")
        .Undecided("it lets passwords or root in for a part of the logins", "match")
        .Undecided("edited since sshd read it; reload it", "edited")
        .Undecided("an option of sshd's command line that is not understood", "option")
        .Irrelevant(
            "who or what may log in besides, by other means than a password",
            "allowgroups, allowusers, denygroups, denyusers, authorizedkeyscommand, authorizedkeyscommanduser, "
            + "authorizedkeysfile, authorizedprincipalscommand, authorizedprincipalscommanduser, authorizedprincipalsfile, "
            + "casignaturealgorithms, gssapiauthentication, gssapicleanupcredentials, gssapienablek5users, "
            + "gssapikexalgorithms, gssapikeyexchange, gssapistorecredentialsonrekey, gssapistrictacceptorcheck, "
            + "gssapitrustdns, hostbasedacceptedalgorithms, hostbasedacceptedkeytypes, hostbasedauthentication, "
            + "hostbasedusesnamefrompacketonly, ignorerhosts, ignoreuserknownhosts, pubkeyacceptedalgorithms, "
            + "pubkeyacceptedkeytypes, pubkeyauthentication, pubkeyauthoptions, requiredrsasize, rsaminsize, revokedkeys, "
            + "securitykeyprovider, strictmodes, trustedusercakeys")
        .Irrelevant(
            "where a password is looked up, once passwords are taken",
            "kerberosauthentication, kerberosgetafstoken, kerberosorlocalpasswd, kerberosticketcleanup, "
            + "kerberosuniqueccache, kerberosusekuserok, usepam, pamservicename")
        .Irrelevant(
            "how the connection is made and how many there may be",
            "addressfamily, ciphers, clientalivecountmax, clientaliveinterval, compression, hostcertificate, hostkey, "
            + "hostkeyagent, hostkeyalgorithms, ipqos, kexalgorithms, listenaddress, logingracetime, macs, maxauthtries, "
            + "maxsessions, maxstartups, modulifile, persourcemaxstartups, persourcenetblocksize, persourcepenalties, "
            + "persourcepenaltyexemptlist, port, rdomain, refuseconnection, rekeylimit, tcpkeepalive, usedns, debianbanner, "
            + "versionaddendum, warnweakcrypto")
        .Irrelevant(
            "what a login may do once it is in, and what it is shown",
            "acceptenv, agentsocketpath, allowagentforwarding, allowstreamlocalforwarding, allowtcpforwarding, banner, "
            + "channeltimeout, chrootdirectory, disableforwarding, exposeauthinfo, forcecommand, gatewayports, permitlisten, "
            + "permitopen, permittty, permittunnel, permituserenvironment, permituserrc, printlastlog, printmotd, setenv, "
            + "sshdauthpath, sshdsessionpath, streamlocalbindmask, streamlocalbindunlink, subsystem, unusedconnectiontimeout, "
            + "x11displayoffset, x11maxdisplays, x11uselocalhost, xauthlocation")
        .Irrelevant("what is logged and where the process is noted", "fingerprinthash, loglevel, logverbose, pidfile, syslogfacility");

    /// <summary>Who of the users that are root may log in, and how.</summary>
    public static readonly Vocabulary RootLogins = new Vocabulary("sshd PermitRootLogin value", "sshd_config(5), OpenSSH 8.4 to 10.0")
        .Handled("yes, no, prohibit-password, without-password, forced-commands-only");
}
