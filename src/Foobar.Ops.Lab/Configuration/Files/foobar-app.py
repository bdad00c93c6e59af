"""The lab's shop: takes orders under ids that the caller chooses, so that a lost or doubled write can be seen.

POST /orders/ID     writes an order and reads it back: 201 after COMMIT returned, 409 if the id is there already,
                    503 if the database can't take it ("outcome": "none") or the answer to COMMIT was lost ("unknown")
GET  /orders/ID     reads one order
GET  /orders?since=SEQ&limit=N
                    reads orders after a sequence number, oldest first
GET  /healthz       reads the database
GET  /livez         answers without the database
"""
import json
import queue
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pymysql

POOL_SIZE = 16
DUPLICATE_KEY = 1062
CONFIG = json.load(open(sys.argv[1], encoding="utf-8"))
FIELDS = "seq, id, body, app, created"


class Unavailable(Exception):
    """The database can't serve this request; `outcome` says whether the write may have happened."""

    def __init__(self, reason, outcome="none"):
        super().__init__(reason)
        self.outcome = outcome


class Pool:
    """Keeps connections to the write endpoint open between requests."""

    def __init__(self):
        self.idle = queue.LifoQueue(POOL_SIZE)

    def take(self):
        try:
            return self.idle.get_nowait(), True
        except queue.Empty:
            return self.open(), False

    def open(self):
        return pymysql.connect(
            host=CONFIG["databaseHost"], port=CONFIG["databasePort"], user=CONFIG["user"], password=CONFIG["password"],
            database=CONFIG["schema"], ssl_ca=CONFIG["ca"], ssl_verify_cert=True, ssl_verify_identity=False,
            autocommit=False, connect_timeout=2, read_timeout=10, write_timeout=10,
            init_command="SET time_zone = '+00:00'")

    def give(self, connection):
        try:
            self.idle.put_nowait(connection)
        except queue.Full:
            connection.close()


POOL = Pool()


def in_transaction(work):
    """Runs `work` and COMMIT on a pooled connection.

    A kept connection may have died, or lead to a server that is the primary no more: then work that was not yet
    committed is done once more on a fresh one. What COMMIT did not answer is never repeated.
    """
    while True:
        connection, kept = None, False
        committing = False
        try:
            connection, kept = POOL.take()
            with connection.cursor() as cursor:
                result = work(cursor)
            committing = True
            connection.commit()
        except pymysql.err.IntegrityError:
            connection.rollback()
            POOL.give(connection)
            raise
        except (pymysql.err.Error, OSError) as error:
            if connection is not None:
                discard(connection)
            if kept and not committing:
                continue
            raise Unavailable(str(error), "unknown" if committing else "none") from error
        POOL.give(connection)
        return result


def discard(connection):
    try:
        connection.close()
    except (pymysql.err.Error, OSError):
        pass


def order(row):
    return dict(zip(("seq", "id", "body", "app"), row), created=row[4].isoformat() + "Z")


def write_order(identity, body):
    def work(cursor):
        cursor.execute("INSERT INTO orders (id, body, app) VALUES (%s, %s, %s)", (identity, body, CONFIG["name"]))
        cursor.execute(f"SELECT {FIELDS} FROM orders WHERE id = %s", (identity,))
        return order(cursor.fetchone())
    return in_transaction(work)


def read_order(identity):
    def work(cursor):
        cursor.execute(f"SELECT {FIELDS} FROM orders WHERE id = %s", (identity,))
        return cursor.fetchone()
    row = in_transaction(work)
    return None if row is None else order(row)


def list_orders(since, limit):
    def work(cursor):
        cursor.execute(f"SELECT {FIELDS} FROM orders WHERE seq > %s ORDER BY seq LIMIT %s", (since, limit))
        return [order(row) for row in cursor.fetchall()]
    return in_transaction(work)


def check_database():
    def work(cursor):
        cursor.execute("SELECT @@hostname, @@global.read_only")
        return cursor.fetchone()
    host, read_only = in_transaction(work)
    return {"status": "ok", "app": CONFIG["name"], "database": host, "readOnly": bool(read_only)}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path in ("/", "/livez"):
            self.answer(200, {"status": "ok", "app": CONFIG["name"]})
        elif url.path == "/healthz":
            self.serve(lambda: (200, check_database()))
        elif url.path == "/orders":
            self.serve(lambda: (200, list_orders(int(query.get("since", ["0"])[0]), int(query.get("limit", ["100"])[0]))))
        elif url.path.startswith("/orders/"):
            self.serve(lambda: found(read_order(unquote(url.path[len("/orders/"):]))))
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        path = urlsplit(self.path).path
        identity = unquote(path[len("/orders/"):]) if path.startswith("/orders/") else ""
        if 0 < len(identity) <= 64 and len(body) <= 1000:
            self.serve(lambda: (201, write_order(identity, body)))
        else:
            self.answer(400, {"error": "POST /orders/ID with an id of 1 to 64 characters and a body of at most 1000"})

    def serve(self, work):
        try:
            status, content = work()
        except pymysql.err.IntegrityError as error:
            status, content = 409 if error.args[0] == DUPLICATE_KEY else 400, {"error": str(error)}
        except Unavailable as error:
            status, content = 503, {"error": str(error), "outcome": error.outcome}
        except ValueError as error:
            status, content = 400, {"error": str(error)}
        self.answer(status, content)

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """nginx keeps the access log."""


def found(content):
    return (404, {"error": "no such order"}) if content is None else (200, content)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


Server(("127.0.0.1", CONFIG["port"]), Handler).serve_forever()
