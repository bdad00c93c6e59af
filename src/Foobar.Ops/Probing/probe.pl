# Reads "number protocol address port datagram" lines; says "number outcome milliseconds source" for each.
use strict;
use Socket qw(:DEFAULT inet_pton inet_ntop unpack_sockaddr_in6 pack_sockaddr_in6 getaddrinfo);
use Fcntl;
use Errno;
my ($wait, $parallel, $rate, $longest) = @ARGV;
my $now = eval { require Time::HiRes; \&Time::HiRes::time } || sub { time };
$SIG{PIPE} = 'IGNORE';
alarm($longest);
$| = 1;
my @waiting = map { [split] } <STDIN>;
my (%open, $next);
$next = $now->();

sub name { my $e = shift; for (keys %!) { local $! = $e; return $_ if $!{$_} && $_ !~ /^(EWOULDBLOCK|EOPNOTSUPP)$/ } return "errno$e" }

sub source {
    my $address = getsockname($_[0]) or return '-';
    my $six = sockaddr_family($address) == AF_INET6;
    return inet_ntop($six ? AF_INET6 : AF_INET, $six ? (unpack_sockaddr_in6($address))[1] : (unpack_sockaddr_in($address))[1]);
}

sub say_of {
    my ($probe, $outcome) = @_;
    printf "%s %s %.3f %s\n", $probe->{number}, $outcome, ($now->() - $probe->{begun}) * 1000, $probe->{socket} ? source($probe->{socket}) : '-';
    delete $open{fileno $probe->{socket}} if $probe->{socket};
    close $probe->{socket} if $probe->{socket};
}

sub begin {
    my ($number, $protocol, $address, $port, $data) = @{$_[0]};
    my $six = $address =~ /:/;
    my $probe = { number => $number, udp => $protocol eq 'udp', begun => $now->() };
    my $packed = inet_pton($six ? AF_INET6 : AF_INET, $address);
    if (!socket(my $socket, $six ? PF_INET6 : PF_INET, $probe->{udp} ? SOCK_DGRAM : SOCK_STREAM, 0)) { return say_of($probe, name($!+0)) }
    else { $probe->{socket} = $socket }
    fcntl($probe->{socket}, F_SETFL, fcntl($probe->{socket}, F_GETFL, 0) | O_NONBLOCK);
    $open{fileno $probe->{socket}} = $probe;
    my $done = connect($probe->{socket}, $six ? pack_sockaddr_in6($port, $packed) : pack_sockaddr_in($port, $packed));
    return say_of($probe, name($!+0)) if !$done && !$!{EINPROGRESS};
    if ($probe->{udp}) {
        defined(send($probe->{socket}, $data eq '-' ? '' : pack('H*', $data), 0)) or return say_of($probe, name($!+0));
    } elsif ($done) { say_of($probe, 'open') }
}

while (@waiting || %open) {
    while (@waiting && keys %open < $parallel && $now->() >= $next) {
        $next = ($next > $now->() - 1 ? $next : $now->()) + 1 / $rate;
        begin(shift @waiting);
    }
    my ($reading, $writing) = ('', '');
    for (keys %open) { if ($open{$_}{udp}) { vec($reading, $_, 1) = 1 } else { vec($writing, $_, 1) = 1 } }
    select(my $r = $reading, my $w = $writing, undef, 0.02);
    for my $file (keys %open) {
        my $probe = $open{$file};
        if ($probe->{udp} && vec($r, $file, 1)) {
            my $said = defined recv($probe->{socket}, my $answer, 1500, 0);
            say_of($probe, $said ? 'open' : name($!+0));
        } elsif (!$probe->{udp} && vec($w, $file, 1)) {
            my $error = unpack('i', getsockopt($probe->{socket}, SOL_SOCKET, SO_ERROR));
            say_of($probe, $error ? name($error) : 'open');
        } elsif ($now->() - $probe->{begun} >= $wait) { say_of($probe, 'silent') }
    }
}
