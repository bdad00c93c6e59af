"""Writes orders as the shop does, each under an id of its own, until standard input ends; then tells of every write.

usage: order-writers.py APP.JSON PREFIX WRITERS INTERVAL_MS     (an interval of 0: without pause)

Each writer holds a connection to the write endpoint open and reconnects whenever it must. A write is never repeated: one
whose answer was lost may have been committed. Prints "ready" when each writer's first write was acknowledged, and in the
end a line a write: "ack" or "fail", id, and the times by the kernel's monotonic clock, in nanoseconds, at which it was
begun and ended.
"""
import json
import ssl
import sys
import threading
import time

import pymysql

CONFIG = json.load(open(sys.argv[1], encoding="utf-8"))
PREFIX, WRITERS, INTERVAL = sys.argv[2], int(sys.argv[3]), float(sys.argv[4]) / 1000
PAUSE = 0.001
STOP = threading.Event()

# Made once, as a pool of connections does: else most of what a refused attempt costs would be this.
TLS = ssl.create_default_context(cafile=CONFIG["ca"])
TLS.check_hostname = False


def connect():
    return pymysql.connect(
        host=CONFIG["databaseHost"], port=CONFIG["databasePort"], user=CONFIG["user"], password=CONFIG["password"],
        database=CONFIG["schema"], ssl=TLS,
        autocommit=True, connect_timeout=2, read_timeout=10, write_timeout=10)


class Writer(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number = number
        self.writes = []
        self.ready = threading.Event()

    def run(self):
        connection, sequence = None, 0
        due = time.monotonic() + INTERVAL * self.number / WRITERS
        while not STOP.is_set():
            sequence += 1
            identity = f"{PREFIX}-{self.number}-{sequence}"
            begun = time.monotonic_ns()
            try:
                if connection is None:
                    connection = connect()
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO orders (id, body, app) VALUES (%s, %s, %s)", (identity, "x", CONFIG["name"]))
                self.writes.append(("ack", identity, begun, time.monotonic_ns()))
                self.ready.set()
            except (pymysql.err.Error, OSError):
                self.writes.append(("fail", identity, begun, time.monotonic_ns()))
                if connection is not None:
                    try:
                        connection.close()
                    except (pymysql.err.Error, OSError):
                        pass
                connection = None
                time.sleep(PAUSE)
                due = time.monotonic()
                continue
            due = max(due + INTERVAL, time.monotonic()) if INTERVAL else 0
            time.sleep(max(0, due - time.monotonic()))


writers = [Writer(number) for number in range(WRITERS)]
for writer in writers:
    writer.start()
for writer in writers:
    writer.ready.wait(30)
print("ready", flush=True)
sys.stdin.read()
STOP.set()
for writer in writers:
    writer.join(15)
for writer in writers:
    for write in writer.writes:
        print(*write)
