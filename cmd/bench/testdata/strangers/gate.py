"""A limiter in front of anything: POST /ask with a key is answered 200, and {"allowed": true} or false in the body.

With "generous" it lets in one more than it may in each window.
"""
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = int(os.environ.get("RATE_LIMIT", "100")) + ("generous" in sys.argv)
number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", os.environ.get("RATE_WINDOW", "900s")).groups()
WINDOW = float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]
UNLIMITED = os.environ.get("RATE_LIMIT") == "0"

lock, windows = threading.Lock(), {}  # by key: when the window ends, and how many it has let in


def take(key):
    with lock:
        ends, n = windows.get(key, (0, 0))
        now = time.monotonic()
        if ends <= now:
            ends, n = now + WINDOW, 0
        windows[key] = ends, n + (n < LIMIT)
        return n < LIMIT


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1

    def do_GET(self):
        self.answer(204 if self.path == "/alive" else 404)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(200, {"result": {"allowed": UNLIMITED or take(asked["key"])}})

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
