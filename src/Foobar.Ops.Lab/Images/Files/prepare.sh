# Runs in the fresh root file system: users, units and files that all servers share.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin

useradd --create-home --gid operator --groups adm,systemd-journal,haproxy --shell /bin/bash --password '*' operator
install -d -m 0700 -o operator -g operator /home/operator/.ssh
useradd --system --no-create-home --user-group --shell /usr/sbin/nologin foobar-app
install -d /etc/foobar-app /var/lib/foobar-lab
rm -f /etc/nginx/sites-enabled/default /etc/ssh/ssh_host_*

# A server runs what its roles need and nothing else; the lab enables that.
for unit in haproxy nginx mysql mariadb chrony prometheus-node-exporter ssh; do
    systemctl disable --quiet "$unit.service" 2>/dev/null || true
done
systemctl enable --quiet systemd-networkd.service
# systemd would listen on *:3306, past bind-address.
systemctl mask --quiet mariadb.socket mariadb-extra.socket 2>/dev/null || true
# No package mirror is reachable from the lab's servers, and no terminal or crash dump is theirs.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    prometheus-node-exporter-apt.timer systemd-pstore.service getty@tty1.service console-getty.service; do
    systemctl disable --quiet "$unit" 2>/dev/null || true
done
systemctl mask --quiet console-getty.service

install -d /run/mysqld
chown mysql:mysql /run/mysqld
