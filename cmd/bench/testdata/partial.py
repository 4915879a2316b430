"""A sound trip service of somebody else's, which speaks the part of the contract that SPEAKS names.

It keeps answers in its Redis, and a copy of each in memory for when Redis is away.
"""
import http.server
import json
import os
import re
import socket
import threading
import time
import urllib.parse

SPEAKS = os.environ.get("SPEAKS", "")
MODES = ("", "trips", "hundred", "uuids", "few-users", "no-users", "data", "limited", "limited-a-second", "failing")
if SPEAKS not in MODES:
    raise SystemExit(f"SPEAKS={SPEAKS}: want one of {', '.join(MODES)}")
TRIPS = 100 if SPEAKS in ("hundred", "uuids") else 500
IDS = [f"0b1c-{i:04x}" if SPEAKS == "uuids" else str(i) for i in range(1, TRIPS + 1)]
USERS = 30 if SPEAKS == "few-users" else 1000
LIMIT = 100
WINDOW = 900 if SPEAKS == "limited" else 0.3

number, unit = re.match(r"([\d.]+)(ms|s|m)", os.environ.get("TTL_TRIPS", "300s")).groups()
TTL = float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]
lock = threading.Lock()
versions = dict.fromkeys(IDS, 1)  # the database
copies = {}  # key: (value, good until)
asked = []  # when requests were let in


class Redis:
    """One connection, opened again when it broke, and left alone for a moment after that."""

    def __init__(self, url):
        self.url, self.file, self.lock, self.after = urllib.parse.urlsplit(url), None, threading.Lock(), 0

    def call(self, *words):
        """The reply; None: there is none, or no Redis."""
        with self.lock:
            if time.monotonic() < self.after:
                raise OSError("Redis is left alone")
            try:
                if self.file is None:
                    self.file = socket.create_connection((self.url.hostname, self.url.port), 0.1).makefile("rwb")
                    if self.url.password:
                        self.ask("AUTH", self.url.password)
                return self.ask(*words)
            except OSError:
                self.file, self.after = None, time.monotonic() + 0.1
                raise

    def ask(self, *words):
        for w in (f"*{len(words)}", *(f"${len(w.encode())}\r\n{w}" for w in map(str, words))):
            self.file.write(w.encode() + b"\r\n")
        self.file.flush()
        line = self.file.readline()
        if not line or line[:1] == b"-":
            raise OSError(line or "Redis hung up")
        if line[:1] != b"$" or line == b"$-1\r\n":
            return None
        return self.file.read(int(line[1:]) + 2)[:-2].decode()


redis = Redis(os.environ["REDIS_URL"]) if os.environ.get("REDIS_URL") else None


def through(key, load):
    """The value of key and its source."""
    try:
        found = redis.call("GET", key) if redis and TTL else None
        if found:
            return json.loads(found), "redis"
    except OSError:
        value, until = copies.get(key, (None, 0))
        if time.monotonic() < until:
            return value, "memory"
    time.sleep(0.01)
    with lock:
        value = load()
    copies[key] = value, time.monotonic() + TTL
    try:
        if redis and TTL:
            redis.call("SET", key, json.dumps(value), "PX", int(TTL * 1000))
    except OSError:
        pass
    return value, "database"


def limited():
    """Whether the one window of all clients is full."""
    with lock:
        now = time.monotonic()
        asked[:] = [t for t in asked if now - t < WINDOW]
        if len(asked) >= LIMIT:
            return True
        asked.append(now)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_GET(self):
        path, _, id = self.path.rpartition("/")
        if self.path == "/health":
            return self.reply(200, {"status": "ok"})
        if SPEAKS.startswith("limited") and limited():
            return self.reply(429, {"error": "too many requests"})
        if self.path == "/api/trips":
            member = "data" if SPEAKS == "data" else "trips"
            value, source = through("trips", lambda: [{"id": i, "version": v} for i, v in versions.items()])
            return self.answer(member, value, source)
        if SPEAKS == "failing":
            return self.reply(500, {"error": "a defect"})
        if path == "/api/trips" and id in versions and SPEAKS != "trips":
            return self.answer("trip", *through("trip:" + id, lambda: {"id": id, "version": versions[id]}))
        if path == "/api/users" and id.isdigit() and int(id) <= USERS and SPEAKS not in ("trips", "no-users"):
            return self.answer("user", *through("user:" + id, lambda: {"id": id}))
        self.reply(404, {"error": "no such page"})

    def answer(self, member, value, source):
        self.reply(200, {member: value, "source": "database" if source == "database" else "cache"}, {"X-Source": source})

    def reply(self, status, value, headers={}):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
