"""Looks all the time whether this server's database takes writes, until standard input ends; then tells when it did.

Prints "ready", and in the end a line for each time in which it took writes: the nanoseconds, by the kernel's monotonic
clock, at which the first look that saw it so ended and the last one began. In between it surely took writes.
"""
import sys
import threading
import time

import pymysql

PAUSE = 0.002
STOP = threading.Event()


def watch(spans):
    connection, span = None, None
    while not STOP.is_set():
        begun = time.monotonic_ns()
        try:
            if connection is None:
                connection = pymysql.connect(unix_socket="/run/mysqld/mysqld.sock", user="root", read_timeout=1, connect_timeout=1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@global.read_only")
                writable = not cursor.fetchone()[0]
        except (pymysql.err.Error, OSError):
            connection, writable = None, False
        ended = time.monotonic_ns()
        if not writable:
            span = None
        elif span is None:
            span = [ended, ended]
            spans.append(span)
        else:
            span[1] = begun
        time.sleep(PAUSE)


found = []
watcher = threading.Thread(target=watch, args=(found,), daemon=True)
watcher.start()
print("ready", flush=True)
sys.stdin.read()
STOP.set()
watcher.join(5)
for first, last in found:
    print(first, max(first, last))
