# Makes the network and its rules; what is there already stays.
set -e
if [ ! -e /sys/class/net/docker0 ]; then
    ip link add docker0 type bridge
    ip address add 172.17.0.1/16 dev docker0
    ip link set docker0 up
    ip netns add container
    ip link add veth4f2a1c0 type veth peer name eth0 netns container
    ip link set veth4f2a1c0 master docker0 up
    ip -n container link set lo up
    ip -n container address add 172.17.0.2/16 dev eth0
    ip -n container link set eth0 up
    ip -n container route add default via 172.17.0.1
    sysctl -qw net.ipv4.ip_forward=1
fi
nft list chain ip nat DOCKER >/dev/null 2>&1 || iptables-restore --noflush /etc/foobar-container/rules.v4
