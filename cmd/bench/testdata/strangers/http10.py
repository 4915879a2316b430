"""Sound, on the standard library's WSGI server: HTTP/1.0, a connection for each request."""
import json
import os
import socketserver
import time
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

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


def page(path):
    if path == "/health":
        return "200 OK", {"status": "ok"}
    name, _, id = path.removeprefix("/api/").partition("/")
    if name != "trips" or id and not id.isdigit():
        return "404 Not Found", {"error": "not found"}
    found = ask("GET", path)
    if found:
        return "200 OK", json.loads(found) | {"source": "cache"}
    time.sleep(0.02)
    value = {"trip": {"id": id, "version": 1}} if id else {"trips": [{"id": str(i), "version": 1} for i in range(1, 101)]}
    ask("SET", path, json.dumps(value), "EX", 2)
    return "200 OK", value | {"source": "database"}


def application(environ, start_response):
    status, value = page(environ["PATH_INFO"])
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 256


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


make_server("127.0.0.1", int(os.environ["PORT"]), application, Server, Quiet).serve_forever()
