"""A limiter of somebody else, in memory and without headers, that speaks in two ways.

POST /ask with a key is answered 200, and {"allowed": true} or false in the body. GET /api/trips/{id} counts by address,
and is refused with 429. With "generous" it lets in one more than it may in each window. With "leaky" it reads the count
of a client, and writes it a moment later. With "own" it lets in 100 in 15 minutes, whatever its environment says.
"""
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWN, LEAKY = "own" in sys.argv, "leaky" in sys.argv
rate, window = ("100", "900s") if OWN else (os.environ.get("RATE_LIMIT", "100"), os.environ.get("RATE_WINDOW", "900s"))
LIMIT = int(rate) + ("generous" in sys.argv)
number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", window).groups()
WINDOW = float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]

lock, windows = threading.Lock(), {}  # by key: when the window ends, and how many it has let in


def take(key):
    """Lets a request in while its window has room: the first one opens the window."""
    if rate == "0":
        return True
    with lock:
        ends, n = windows.get(key, (0, 0))
        now = time.monotonic()
        if ends <= now:
            ends, n = now + WINDOW, 0
        if not LEAKY:
            windows[key] = ends, n + (n < LIMIT)
            return n < LIMIT
    if n < LIMIT:
        time.sleep(0.005)
        windows[key] = ends, n + 1
    return n < LIMIT


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1

    def do_GET(self):
        if self.path == "/alive":
            self.answer(204)
        elif self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif not self.path.startswith("/api/trips/"):
            self.answer(404)
        elif take(self.client_address[0]):
            self.answer(200, {"trip": {"id": self.path.split("/")[-1], "title": "Trek", "version": 1}, "source": "database"})
        else:
            self.answer(429, {"error": "too many requests"})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, {"result": {"allowed": take(asked["key"])}})

    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size, daemon_threads = 1024, True


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
