"""A shop of somebody else's: other paths, another shape, no metrics, and Redis behind its listing."""
import http.server
import json
import os
import socket
import urllib.parse

PRODUCTS = [{"sku": f"p-{n}", "title": f"Product {n}", "revision": 1} for n in range(1, 21)]
REDIS = urllib.parse.urlparse(os.environ["REDIS_URL"])


def redis(*words):
    """One command on a connection of its own. Whoever fails is not waited for."""
    with socket.create_connection((REDIS.hostname, REDIS.port), timeout=0.2) as s:
        for command in ((b"AUTH", REDIS.password.encode()), words):
            s.sendall(b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in command))
        read = s.makefile("rb")
        if not read.readline().startswith(b"+"):
            raise OSError("no password")
        line = read.readline()
        if line.startswith(b"$") and line != b"$-1\r\n":
            return read.read(int(line[1:]) + 2)[:-2]
        return None


def cached(key, load):
    try:
        found = redis(b"GET", key.encode())
        if found:
            return found, "HIT"
    except OSError:
        pass
    body = json.dumps(load()).encode()
    try:
        redis(b"SET", key.encode(), body, b"EX", b"60")
    except OSError:
        pass
    return body, "MISS"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        known = {p["sku"]: p for p in PRODUCTS}
        name = self.path.removeprefix("/v1/products/")
        if self.path == "/healthz":
            self.answer(200, b'{"ok":true}')
        elif self.path == "/v1/products":
            self.answer(200, *cached("list", lambda: {"data": {"products": PRODUCTS}, "total": len(PRODUCTS)}))
        elif name in known:
            self.answer(200, *cached("one:" + name, lambda: {"product": known[name]}))
        else:
            self.answer(404, b'{"message":"no such page"}')

    def answer(self, status, body, cache=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if cache:
            self.send_header("X-Cache", cache)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
