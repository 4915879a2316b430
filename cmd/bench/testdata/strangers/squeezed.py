"""Sound, and compresses every answer, whether it was asked to or not."""
import gzip
import http.server
import json
import os
import time

from lib.tinyredis import Redis, ResponseError

redis, rest = Redis(os.environ["REDIS_URL"], timeout=0.1), 0


def ask(*args):
    global rest
    if time.monotonic() < rest:
        return None
    try:
        return redis.execute(*args)
    except (OSError, ResponseError):
        rest = time.monotonic() + 0.2


def cached(key, value):
    found = ask("GET", key)
    if found:
        return json.loads(found), "cache"
    time.sleep(0.02)
    ask("SETEX", key, 2, json.dumps(value))
    return value, "database"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            return self.reply(200, {"status": "ok"})
        if self.path == "/api/trips":
            trips, source = cached("trips", [{"id": i, "title": f"Trek {i}", "version": 1} for i in range(1, 101)])
            return self.reply(200, {"trips": trips, "source": source})
        if self.path.startswith("/api/trips/") and self.path[11:].isdigit():
            trip, source = cached("trip/" + self.path[11:], {"id": int(self.path[11:]), "version": 1})
            return self.reply(200, {"trip": trip, "source": source})
        self.reply(404, {"error": "not found"})

    def reply(self, status, value):
        body = gzip.compress(json.dumps(value).encode(), 1)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
