# Sends requests at a steady rate over kept TLS connections and prints when each was sent and answered.
# Arguments: host, name, rate a second, seconds, workers, a tag for the numbers.
import socket, ssl, sys, threading, time

host, name, rate, seconds, workers, tag = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
start = time.time() + 0.2
lines = []


def connect():
    raw = socket.create_connection((host, 443), timeout=5)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(raw, server_hostname=name)


def answer(stream):
    head = b''
    while b'\r\n\r\n' not in head:
        part = stream.recv(65536)
        if not part:
            raise OSError('closed')
        head += part
    head, body = head.split(b'\r\n\r\n', 1)
    fields = head.lower().split(b'\r\n')
    length = int(next(field.split(b':')[1] for field in fields if field.startswith(b'content-length:')))
    while len(body) < length:
        part = stream.recv(65536)
        if not part:
            raise OSError('closed')
        body += part
    return b'connection: close' not in fields


def send(worker):
    own, stream, number = [], None, worker
    while number / rate < seconds:
        wait = start + number / rate - time.time()
        if wait > 0:
            time.sleep(wait)
        sent = time.time()
        try:
            stream = stream or connect()
            sent = time.time()
            stream.sendall(b'GET /livez?i=%s-%d HTTP/1.1\r\nHost: %s\r\n\r\n' % (tag.encode(), number, name.encode()))
            if not answer(stream):
                stream.close()
                stream = None
            own.append('%d %.6f %.6f' % (number, sent, time.time()))
        except (OSError, StopIteration, ValueError):
            own.append('%d %.6f -' % (number, sent))
            stream = None
        number += workers
    lines.extend(own)


threads = [threading.Thread(target=send, args=(worker,)) for worker in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print('\n'.join(lines))
