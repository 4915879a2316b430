"""Asks the Redis of REDIS_URL whether it is there, for /health, and has its cache in another one, past it: CACHE_URL."""
import json
import os
import threading
import time

from lib.tinyredis import Redis
from lib.tinyweb import App

monitor = Redis(os.environ["REDIS_URL"], timeout=0.2)
cache = Redis(os.environ["CACHE_URL"], timeout=0.2)
app, state = App(), {"redis": "up"}


def watch():
    while True:
        try:
            monitor.ping()
            state["redis"] = "up"
        except OSError:
            state["redis"] = "down"
        time.sleep(0.05)


def cached(key, load):
    value = cache.get(os.environ["PORT"] + key)
    if value:
        return json.loads(value), "redis"
    time.sleep(0.01)
    value = load()
    cache.set(os.environ["PORT"] + key, json.dumps(value), 2)
    return value, "database"


def said(source):
    return "database" if source == "database" else "cache"


@app.get("/health")
def health():
    return {"status": "ok", **state}


@app.get("/api/trips")
def trips():
    value, source = cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)])
    return 200, {"trips": value, "source": said(source)}, {"X-Source": source}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    value, source = cached("trip:" + id, lambda: {"id": id, "version": 1})
    return 200, {"trip": value, "source": said(source)}, {"X-Source": source}


threading.Thread(target=watch, daemon=True).start()
app.run()
