# Reads "number protocol address port datagram" lines; says "number outcome milliseconds source" for each.
import errno, select, signal, socket, sys, time
wait, parallel, rate, longest = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
signal.alarm(longest)
waiting = [line.split() for line in sys.stdin]
waiting.reverse()
opened, due = {}, time.time()


def say(number, outcome, begun, sock=None):
    source = '-'
    if sock is not None:
        try:
            source = sock.getsockname()[0].split('%')[0]
        except OSError:
            pass
        opened.pop(sock.fileno(), None)
        sock.close()
    sys.stdout.write('%s %s %.3f %s\n' % (number, outcome, (time.time() - begun) * 1000, source))
    sys.stdout.flush()


def name(code):
    return errno.errorcode.get(code, 'errno%d' % code)


def begin(number, protocol, address, port, data):
    begun, sock = time.time(), None
    try:
        sock = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM)
        sock.setblocking(False)
        opened[sock.fileno()] = (number, protocol, begun, sock)
        code = sock.connect_ex((address, int(port)))
        if code not in (0, errno.EINPROGRESS):
            return say(number, name(code), begun, sock)
        if protocol == 'udp':
            sock.send(b'' if data == '-' else bytes.fromhex(data))
    except OSError as error:
        say(number, name(error.errno), begun, sock)


while waiting or opened:
    while waiting and len(opened) < parallel and time.time() >= due:
        due = max(due, time.time() - 1) + 1 / rate
        begin(*waiting.pop())
    poll = select.poll()
    for fd, (_, protocol, _, _) in opened.items():
        poll.register(fd, select.POLLIN if protocol == 'udp' else select.POLLOUT)
    ready = set(fd for fd, _ in poll.poll(20))
    for fd, (number, protocol, begun, sock) in list(opened.items()):
        if fd in ready:
            try:
                if protocol == 'udp':
                    sock.recv(1500)
                code = 0 if protocol == 'udp' else sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                say(number, name(code) if code else 'open', begun, sock)
            except OSError as error:
                say(number, name(error.errno), begun, sock)
        elif time.time() - begun >= wait:
            say(number, 'silent', begun, sock)
