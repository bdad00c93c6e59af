# Last: nothing of the build, and nothing that must differ between servers, stays in the image.
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb /usr/share/man /usr/share/doc /tmp/* /run/*
rm -f /var/lib/mysql/auto.cnf /var/lib/mysql/*.pem /var/log/mysql/* /etc/machine-id /var/lib/dbus/machine-id
# Tells systemd that its caches are up to date with /usr.
touch /etc/.updated /var/.updated
