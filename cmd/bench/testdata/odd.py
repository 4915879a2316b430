"""A trip service of somebody else's that speaks the whole contract, and is odd in the way that ODD names.

Its cache is a dictionary: nothing is shared between instances. One load serves all who wait for it.
"""
import collections
import html
import http.server
import json
import os
import re
import threading
import time

MODE = os.environ.get("ODD", "")
MODES = ("", "no-source", "no-metrics", "html", "error-hits", "no-put", "no-versions", "string-metrics", "slow-metrics", "resetting", "lying")
if MODE not in MODES:
    raise SystemExit(f"ODD={MODE}: want one of {', '.join(MODES)}")


def seconds(name, default):
    """A duration of the environment: 0s, 400ms, 20ms-25ms (its lower end), 2s, 5m."""
    number, unit = re.match(r"([\d.]+)(ms|s|m|h)?", os.environ.get(name) or default).groups()
    return float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, None: 1}[unit]


TTL = {"trips": seconds("TTL_TRIPS", "300s"), "profiles": seconds("TTL_PROFILES", "300s"), "ai": seconds("TTL_AI", "1h")}
DB_DELAY, AI_DELAY = seconds("DB_DELAY", "20ms"), seconds("AI_DELAY", "60ms")
RESET = 0.2  # how long counters count when they are "resetting"

lock = threading.Lock()
versions = collections.Counter({str(i): 1 for i in range(1, 101)})  # the database: trips
cache = {}  # key: (value, good until)
loading = {}  # key: the event that its loader sets
changes = collections.Counter()  # of each key: what was loaded before the last is not kept
counters = dict.fromkeys(("trips_db_queries_total", "ai_calls_total"), 0)
since = time.monotonic()


def count(name):
    with lock:
        fresh()
        counters[name] += 1


def fresh():
    """Begins the counters again at 0 when they are resetting and it is time. The lock is held."""
    global since
    if MODE == "resetting" and time.monotonic() - since > RESET:
        since = time.monotonic()
        counters.update(dict.fromkeys(counters, 0))


def query(read):
    count("trips_db_queries_total")
    time.sleep(DB_DELAY)
    with lock:
        return read()


def generate(user):
    count("ai_calls_total")
    time.sleep(AI_DELAY)
    return [{"id": str(i), "for": user} for i in range(1, 6)]


def entity(kind, id, version):
    return {"id": id, "name": f"{kind} {id}"} | ({} if MODE == "no-versions" else {"version": version})


def through(key, kind, source, load):
    """The value of key and where it came from: the cache, or source by way of load."""
    if TTL[kind] == 0:
        return load(), source
    while True:
        with lock:
            value, until = cache.get(key, (None, 0))
            if time.monotonic() < until:
                return value, "memory"
            done, mine = loading.get(key), False
            if done is None:
                done = loading[key] = threading.Event()
                mine, seen = True, changes[key]
        if not mine:
            done.wait()
            with lock:
                value, until = cache.get(key, (None, 0))
            if value is not None:
                return value, source
            continue  # it was changed meanwhile
        began = time.monotonic()
        value = load()
        with lock:
            if changes[key] == seen:
                cache[key] = value, began + TTL[kind]
            del loading[key]
        done.set()
        return value, source


def listing():
    return through("trips", "trips", "database", lambda: query(lambda: [entity("trip", i, v) for i, v in versions.items()]))


def trip(id):
    return through("trip " + id, "trips", "database", lambda: query(lambda: entity("trip", id, versions[id])))


def user(id):
    return through("user " + id, "profiles", "database", lambda: query(lambda: entity("user", id, 1)))


def advice(id):
    return through("advice " + id, "ai", "ai", lambda: generate(id))


def change(id):
    def write():
        versions[id] += 1
        for key in ("trips", "trip " + id):
            changes[key] += 1
            cache.pop(key, None)
        return entity("trip", id, versions[id])
    return query(write)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def do_GET(self):
        path, _, id = self.path.rpartition("/")
        if self.path == "/health":
            self.reply(200, {"status": "ok", "redis": "unconfigured", "instance": os.environ.get("INSTANCE", "")})
        elif self.path == "/metrics":
            self.metrics()
        elif self.path == "/api/trips":
            self.answer("trips", *listing())
        elif path == "/api/trips":
            self.answer("trip", *trip(id))
        elif path == "/api/users":
            self.answer("user", *user(id))
        elif path == "/api/recommendations":
            self.answer("recommendations", *advice(id), userId=id)
        else:
            self.reply(404, {"error": "no such page"})

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, id = self.path.rpartition("/")
        if MODE == "no-put" or path != "/api/trips":
            self.reply(405, {"error": "trips cannot be changed"})
        else:
            self.reply(200, {"trip": change(id)})

    def answer(self, member, value, source, **more):
        if source == "memory" and MODE == "html":
            return self.page(html.escape(json.dumps(value)))
        if source == "memory" and MODE == "error-hits":
            return self.reply(500, {"error": "the cache is broken"})
        if MODE == "no-source":
            return self.reply(200, {member: value} | more)
        if MODE == "lying":
            source = "memory"
        said = "cache" if source == "memory" else source
        self.reply(200, {member: value, "source": said} | more, {"X-Source": source})

    def metrics(self):
        if MODE == "no-metrics":
            return self.reply(404, {"error": "no such page"})
        if MODE == "string-metrics":
            return self.page("All is well.")
        if MODE == "slow-metrics":
            time.sleep(3)
        with lock:
            fresh()
            lines = "".join(f"# TYPE {name} counter\n{name} {value}\n" for name, value in counters.items())
        self.send(200, "text/plain; version=0.0.4", lines.encode())

    def page(self, text):
        self.send(200, "text/html", f"<!doctype html><title>Trips</title><p>{text}".encode())

    def reply(self, status, value, headers=()):
        self.send(status, "application/json", json.dumps(value).encode(), headers)

    def send(self, status, kind, body, headers=()):
        self.send_response(status)
        for name, value in dict(headers, **{"Content-Type": kind, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if TTL["trips"]:
    listing()
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
