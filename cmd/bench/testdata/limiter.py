"""A service of somebody else: trips, and a limit of its own in memory, without headers.

With the argument "leaky" it reads the count of a client, and writes it a moment later. With "own" it lets in
100 in 15 minutes, whatever its environment says.
"""

import json, os, re, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = int(os.environ.get("RATE_LIMIT", "100"))
number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", os.environ.get("RATE_WINDOW", "900s")).groups()
WINDOW = float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]
LEAKY = "leaky" in sys.argv
if "own" in sys.argv:
    LIMIT, WINDOW = 100, 900.0

lock = threading.Lock()
windows = {}  # by address: when the window ends, and how many it has let in


def take(client):
    """Lets a request in while its window has room: the first one opens the window."""
    with lock:
        ends, n = windows.get(client, (0, 0))
        now = time.monotonic()
        if ends <= now:
            ends, n = now + WINDOW, 0
        if n >= LIMIT:
            return False
        if not LEAKY:
            windows[client] = ends, n + 1
            return True
    time.sleep(0.005)
    windows[client] = ends, n + 1
    return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"status": "ok"})
        elif LIMIT and not take(self.client_address[0]):
            self.answer(429, {"error": "too many requests"})
        elif self.path.startswith("/api/trips/"):
            self.answer(200, {"trip": {"id": self.path.split("/")[-1], "title": "Trek", "version": 1}, "source": "database"})
        else:
            self.answer(404, {"error": "not found"})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
