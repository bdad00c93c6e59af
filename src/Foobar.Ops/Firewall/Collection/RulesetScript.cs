namespace Foobar.Ops.Firewall.Collection;

/// <summary>Shell scripts that list the packet filters of a network namespace. They change nothing in the server's own.</summary>
internal static class RulesetScript
{
    // The text of nft tells what its JSON gets wrong (NftStructure). Only with all rules does it tell the flags of tables; where
    // the JSON shows none, the lists of chains, sets and maps tell the rest in a tenth of the time. The shell takes long to look
    // through megabytes: the tables of a listing are found once; where "found" is empty they are not known. iptables-legacy-save would load
    // the tables it lists, so it is asked only for those that are there already; the nft variant shows what "nft -j" hides of rules that
    // iptables wrote, which are in tables of a family of their own: where the JSON has no such table there are none.
    private const string Functions = """
        part() { name=$1; shift; printf '\n==> %s\n' "$name"; "$@" || printf '\n==> failed %s %s\n' "$name" "$?"; }
        of_json() {
            case $json in
                *']}') found="tables: $(printf %s "$json" | grep -o '{"table": {[^}]*}' | tr '\n' ' ')" ;;
                *) found= ;;
            esac
        }
        of_text() {
            if chains=$(nft -t list chains); then
                found="tables: $(printf %s "$chains" | sed -n 's/^table \([a-z0-9]*\) .*/"family": "\1", /p')"
            else found= ; fi
        }
        rules() { json=$(nft -j list ruleset); status=$?; printf %s "$json"; of_json; json=; return "$status"; }
        unflagged() { case $found in 'tables: {'*) case $found in *'"flags"'*) return 1 ;; esac ;; *) return 1 ;; esac; }
        declared() { if unflagged; then nft -t 'list chains; list sets; list maps'; else nft -t list ruleset; fi; }
        declarations() { declared | sed -n '/^table /p; /^\t[a-z]/p; /^\t\ttype /p; /^\t\tflags /p'; }
        tables() { case $found in 'tables: '*'"family": "'"$1"'", '* | '') ;; *) return 1 ;; esac; }
        enabled() { case $units in *" $1 enabled "*) ;; *) return 1 ;; esac; }
        filled() { { read -r first <"$1"; } 2>/dev/null; }
        legacy() { for table in $(cat "$2"); do "$1" -c -t "$table" || return; done; }
        digest() { command -v nft >/dev/null && listed=$(nice nft -s list ruleset) && printf %s "$listed" | sha256sum; }
        dump() {
            if [ -n "$same" ]; then printf '\n==> nftables same\n'; of_text
            elif command -v nft >/dev/null; then part nftables rules; part declarations declarations
            else printf '\n==> missing nft\n'; fi
            if command -v iptables-nft-save >/dev/null; then
                if tables ip; then part iptables iptables-nft-save -c 2>/dev/null; fi
                if tables ip6; then part ip6tables ip6tables-nft-save -c 2>/dev/null; fi
            fi
            if filled /proc/net/ip_tables_names; then part legacy-iptables legacy iptables-legacy-save /proc/net/ip_tables_names; fi
            if filled /proc/net/ip6_tables_names; then part legacy-ip6tables legacy ip6tables-legacy-save /proc/net/ip6_tables_names; fi
            if command -v ipset >/dev/null; then part ipset ipset save; fi
        }
        export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
        same= found=
        """;

    /// <summary>Lists what the kernel filters with now.</summary>
    public const string Running = Functions + "\ndump\n";

    /// <summary>
    /// Loads what the next boot would load into a network namespace of its own, with stand-ins for the server's interfaces,
    /// and lists that; the namespace is gone when the script ends. Rules of nftables that read as the running ones do are told
    /// by that alone (<c>nftables same</c>): a large ruleset takes a second to list as JSON, and megabytes to send.
    /// </summary>
    public const string Persisted = Functions + """

        direct() { for what in chains rules passthroughs; do firewall-cmd "$@" --direct --get-all-$what; done; }
        units=" $(echo $(systemctl list-unit-files --no-legend --no-pager --full nftables.service netfilter-persistent.service ufw.service firewalld.service 2>/dev/null)) "
        if enabled nftables.service; then echo '==> mechanism nftables'; fi
        if grep -qs include /etc/nftables.conf; then echo '==> includes'; fi
        if enabled netfilter-persistent.service; then echo '==> mechanism netfilter-persistent'; fi
        if grep -qsi '^ENABLED=yes' /etc/ufw/ufw.conf && enabled ufw.service; then echo '==> mechanism ufw'; fi
        if enabled firewalld.service; then
            echo '==> mechanism firewalld'
            part firewalld-default firewall-cmd --get-default-zone
            part firewalld-running firewall-cmd --list-all-zones
            part firewalld-permanent firewall-cmd --permanent --list-all-zones
            policies=0; firewall-cmd --list-all-policies >/dev/null 2>&1 && policies=1
            [ $policies = 0 ] || part firewalld-policies-running firewall-cmd --list-all-policies
            [ $policies = 0 ] || part firewalld-policies-permanent firewall-cmd --permanent --list-all-policies
            part firewalld-direct-running direct
            part firewalld-direct-permanent direct --permanent
        fi
        interfaces=$(ls /sys/class/net)
        export interfaces units
        digest 2>/dev/null | nice unshare --net --mount sh -c "$1" fresh 3<&0 </dev/null
        """;

    /// <summary>What runs inside the fresh namespace.</summary>
    public const string Fresh = Functions + """

        ip link set lo up
        for name in $interfaces; do [ "$name" = lo ] || ip link add "$name" type dummy 2>/dev/null || ip link add "$name" type bridge 2>/dev/null || true; done
        if enabled nftables.service; then nft -f /etc/nftables.conf || echo '==> failed load nftables'; fi
        if enabled netfilter-persistent.service; then
            [ ! -r /etc/iptables/ipsets ] || ipset restore < /etc/iptables/ipsets || echo '==> failed load ipsets'
            [ ! -r /etc/iptables/rules.v4 ] || iptables-restore < /etc/iptables/rules.v4 || echo '==> failed load rules.v4'
            [ ! -r /etc/iptables/rules.v6 ] || ip6tables-restore < /etc/iptables/rules.v6 || echo '==> failed load rules.v6'
        fi
        if grep -qsi '^ENABLED=yes' /etc/ufw/ufw.conf && enabled ufw.service; then
            mount --bind /dev/null /etc/ufw/sysctl.conf
            /lib/ufw/ufw-init start >/dev/null || echo '==> failed load ufw'
        fi
        read -r running <&3 && [ -n "$running" ] && [ "$(digest)" = "$running" ] && same=yes
        dump
        """;
}
