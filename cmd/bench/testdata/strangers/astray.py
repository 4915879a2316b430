"""Sound, but for what its argument names, which takes Redis out of anybody's reach:
elsewhere   its cache is the Redis of CACHE_URL, whatever REDIS_URL says
socket      the same, by a Unix socket
tls         it speaks TLS to the Redis of REDIS_URL, and does without when that does not
shape       its Redis is that of REDIS_URL, and each second answer has another shape
"""
import itertools
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from lib.tinyredis import Redis
from lib.tinyweb import App

how, turn = sys.argv[1], itertools.count()
url = os.environ["REDIS_URL" if how in ("tls", "shape") else "CACHE_URL"]
at = urllib.parse.urlparse(url)
dial = socket.create_connection


def behind_a_socket():
    """Lets whoever comes by the Unix socket talk to the Redis of CACHE_URL."""
    def pump(a, b):
        while data := a.recv(65536):
            b.sendall(data)
        b.close()
    path = f"\0astray-{os.environ['PORT']}"  # of no file
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)

    def accept():
        while True:
            here, there = server.accept()[0], dial((at.hostname, at.port))
            for pair in ((here, there), (there, here)):
                threading.Thread(target=pump, args=pair, daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()

    class Plain(socket.socket):
        def setsockopt(self, *_):
            pass  # those of TCP

    def connect(*_):
        s = Plain(socket.AF_UNIX)
        s.connect(path)
        return s
    return connect


if how == "socket":
    socket.create_connection = behind_a_socket()
if how == "tls":
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    socket.create_connection = lambda *args: trusting.wrap_socket(dial(*args))

redis, app = Redis(url, timeout=0.1), App()


def cached(key, load):
    key = os.environ["PORT"] + key
    try:
        if value := redis.get(key):
            return json.loads(value), "redis"
    except OSError:
        pass
    time.sleep(0.01)
    value = load()
    try:
        redis.set(key, json.dumps(value), 2)
    except OSError:
        pass
    return value, "database"


def shaped(name, got):
    value, source = got
    return 200, {"data" if how == "shape" and next(turn) % 2 else name: value}, {"X-Source": source}


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    return shaped("trips", cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)]))


@app.get(r"/api/trips/(\d+)")
def trip(id):
    return shaped("trip", cached("trip:" + id, lambda: {"id": id, "version": 1}))


app.run()
