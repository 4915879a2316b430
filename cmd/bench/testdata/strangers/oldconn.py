"""Connects to Redis once, when it starts, and falls back for ever after: the library's author reconnects, this one's
wrapper does not."""
import json
import os
import threading

from lib.tinyredis import Connection, ResponseError
from lib.tinyweb import App

app, lock = App(), threading.Lock()
connection = Connection(os.environ["REDIS_URL"], timeout=0.1)
broken = False


def ask(*args):
    global broken
    with lock:
        if broken:
            return None
        try:
            return connection.execute(*args)
        except OSError:
            broken = True
        except ResponseError:
            pass


def cached(key, load):
    found = ask("GET", key)
    if found:
        return json.loads(found), "redis"
    value = load()
    ask("SET", key, json.dumps(value), "EX", 2)
    return value, "database"


@app.get("/health")
def health():
    return {"status": "ok", "redis": "down" if broken else "up"}


@app.get("/api/trips")
def trips():
    value, source = cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)])
    return 200, {"trips": value, "source": "cache" if source == "redis" else source}, {"X-Source": source}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    value, source = cached("trip:" + id, lambda: {"id": id, "version": 1})
    return 200, {"trip": value, "source": "cache" if source == "redis" else source}, {"X-Source": source}


app.run()
