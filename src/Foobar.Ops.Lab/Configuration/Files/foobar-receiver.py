"""Stands in for services that agents report to: takes what collectd's write_http posts (HTTPS, 8443) and what Zabbix
agents report of active checks (TLS, 10051; Zabbix documentation, appendix, "Protocols"), and keeps none of it. In place of
an Alertmanager it takes the alerts that Prometheus sends (API v2, "POST /api/v2/alerts", on loopback) and tells nobody of them.
"""
import json
import socketserver
import ssl
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADER = b"ZBXD\x01"
CHECKS = [{"key": "agent.ping", "itemid": 1, "delay": 5, "lastlogsize": 0, "mtime": 0}]
CERTIFICATE, KEY = "/etc/foobar-agents/agent.pem", "/etc/foobar-agents/agent.key"


class Posts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self):
        # The handshake belongs to the connection's own thread.
        self.request.settimeout(10)
        self.request.do_handshake()
        super().setup()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Alerts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            taken = self.path == "/api/v2/alerts" and isinstance(json.loads(body), list)
            status = 200 if taken else 404
        except ValueError:
            status = 400
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Zabbix(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        try:
            self.request.do_handshake()
            head = self.take(13)
            if head[:4] != HEADER[:4]:
                return
            length = struct.unpack("<II", head[5:])[0]
            body = self.take(min(length, 1 << 20))
            # Flag 2: compressed.
            asked = json.loads(zlib.decompress(body) if head[4] & 2 else body)
            answer = {"response": "success"}
            if asked.get("request") == "active checks":
                answer["data"] = CHECKS
            else:
                answer["info"] = "processed: 1; failed: 0; total: 1; seconds spent: 0.0001"
            body = json.dumps(answer).encode()
            self.request.sendall(HEADER + struct.pack("<II", len(body), 0) + body)
        except (OSError, ValueError, zlib.error):
            pass

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                raise ValueError("too short")
            data += more
        return data


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def secure(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


threading.Thread(target=secure(Tcp(("", 10051), Zabbix)).serve_forever, daemon=True).start()
alerts = ThreadingHTTPServer(("127.0.0.1", 9093), Alerts)
alerts.daemon_threads = True
threading.Thread(target=alerts.serve_forever, daemon=True).start()
posts = ThreadingHTTPServer(("", 8443), Posts)
posts.daemon_threads = True
secure(posts).serve_forever()
