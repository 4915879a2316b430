"""A trip service of somebody else's that uses its Redis as WIRE says: soundly, or not at all.

sound         reads and writes its cache in Redis, and loads where Redis does not answer
pings         asks Redis whether it is there, and has its cache elsewhere, which it calls redis
heartbeat     the same, and writes there that it lives
auth          says its password once, and has its cache in memory
no-password   never says its password, so that Redis refuses every command
"""
import http.server
import json
import os
import re
import socket
import threading
import time
import urllib.parse

MODE = os.environ["WIRE"]
if MODE not in ("sound", "pings", "heartbeat", "auth", "no-password"):
    raise SystemExit(f"WIRE={MODE}")
AT = urllib.parse.urlparse(os.environ["REDIS_URL"])
LOAD = 0.01  # seconds


class Redis:
    """One connection, which is made anew after each failure. Its errors are OSError."""

    def __init__(self):
        self.lock, self.file = threading.Lock(), None

    def ask(self, *args):
        with self.lock:
            try:
                if self.file is None:
                    self.file = socket.create_connection((AT.hostname, AT.port), 0.1).makefile("rwb", buffering=1 << 16)
                    if MODE != "no-password" and AT.password:
                        self.exchange("AUTH", AT.password)
                return self.exchange(*args)
            except OSError:
                self.file = None
                raise

    def exchange(self, *args):
        out = [b"*%d\r\n" % len(args)]
        for a in args:
            b = a if isinstance(a, bytes) else str(a).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(b), b))
        self.file.write(b"".join(out))
        self.file.flush()
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("closed")
        if line[:1] == b"-":
            raise PermissionError(line.decode())
        if line[:1] != b"$":
            return line[1:-2]
        size = int(line[1:])
        return None if size < 0 else self.file.read(size + 2)[:-2]


redis, elsewhere, up = Redis(), {}, True


def watch():
    global up
    while True:
        try:
            if MODE == "heartbeat":
                redis.ask("SET", "alive", 1, "EX", 5)
            redis.ask("PING")
            up = True
        except OSError:
            up = False
        time.sleep(0.03)


def cached(key):
    if MODE in ("pings", "heartbeat", "auth"):
        return elsewhere.get(key), "memory" if MODE == "auth" else "redis"
    try:
        text = redis.ask("GET", key)
    except OSError:
        return None, ""
    return text and json.loads(text), "redis"


def keep(key, value):
    elsewhere[key] = value
    if MODE in ("sound", "no-password"):
        try:
            redis.ask("SET", key, json.dumps(value), "EX", 60)
        except OSError:
            pass


def through(key, load):
    value, source = cached(key)
    if value is None:
        time.sleep(LOAD)
        value, source = load(), "database"
        keep(key, value)
    return value, source


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        one = re.fullmatch(r"/api/trips/(\w+)", self.path)
        if self.path == "/health":
            return self.reply({"status": "ok", "redis": "up" if up else "down"})
        if self.path == "/api/trips":
            value, source = through("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 101)])
            return self.reply({"trips": value, "source": "database" if source == "database" else "cache"}, source)
        if one:
            value, source = through("trip:" + one[1], lambda: {"id": one[1], "version": 1})
            return self.reply({"trip": value, "source": "database" if source == "database" else "cache"}, source)
        self.send_error(404)

    def reply(self, body, source=""):
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if source:
            self.send_header("X-Source", source)
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, request_queue_size = True, 128


if MODE == "auth":
    if AT.password:
        redis.file = socket.create_connection((AT.hostname, AT.port), 1).makefile("rwb", buffering=1 << 16)
        redis.exchange("AUTH", AT.password)
else:
    threading.Thread(target=watch, daemon=True).start()
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
