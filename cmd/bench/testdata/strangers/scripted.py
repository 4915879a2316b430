"""Says to Redis exactly what stands here, so that its cache map is known."""
import os
import threading
import time

from lib.tinyredis import Connection
from lib.tinyweb import App

URL = os.environ["REDIS_URL"]
own, lock, app, versions = Connection(URL), threading.Lock(), App(), {}


def say(*commands):
    """Several commands in one packet, on the one connection that all share."""
    with lock:
        real, packet = own.socket, []
        own.socket = type("Packet", (), {"sendall": staticmethod(packet.append)})
        for c in commands:
            own.send(*c)
        own.socket = real
        real.sendall(b"".join(packet))
        return [own.read() for _ in commands]


@app.get("/health")
def health():
    return {"status": "ok", "redis": "up"}


@app.get("/api/trips")
def trips():
    """A read, and a transaction in one packet."""
    hit, = say(("GET", "v1:trips"))
    if not hit:
        time.sleep(0.03)
        say(("MULTI",), ("SET", "v1:trips", "x", "EX", 60), ("SADD", "v1:tags", "trips"), ("EXPIRE", "v1:tags", 90), ("EXEC",))
    return {"trips": [{"id": str(n), "version": 1} for n in range(1, 21)], "source": "cache" if hit else "database"}


@app.get(r"/api/trips/(\w+)")
def trip(key):
    """Two reads in one packet; one of the two that were missing is written beside the answer."""
    found, _ = say(("GET", f"v1:trip:{key}"), ("HGETALL", f"v1:likes:{key}"))
    if not found:
        time.sleep(0.03)
        say(("HSET", f"v1:likes:{key}", "n", 0))
        threading.Thread(target=say, args=[("SETEX", f"v1:trip:{key}", 30, "x")]).start()
    return {"trip": {"id": key, "version": versions.get(key, 1)}, "source": "cache" if found else "database"}


@app.put(r"/api/trips/(\w+)")
def change(key):
    versions[key] = versions.get(key, 1) + 1
    say(("DEL", f"v1:trip:{key}"))
    say(("DEL", "v1:trips"))
    return {"trip": {"id": key, "version": versions[key]}, "source": "database"}


@app.get(r"/api/users/(\w+)")
def user(key):
    """A connection for each request, and a script."""
    c = Connection(URL)
    c.execute("EVAL", "return redis.call('INCR', KEYS[1])", 1, f"seen:{key}")
    c.close()
    return {"user": {"id": key}, "source": "database"}


def beat():
    c = Connection(URL)
    while True:
        c.execute("PING")
        c.execute("SET", f"beat:{os.getpid()}", int(time.time()), "EX", 5)
        time.sleep(0.1)


threading.Thread(target=beat, daemon=True).start()
app.run()
