"""Says its password to Redis when it starts, and then never anything. What it has, it has in memory."""
import os
import time

from lib.tinyredis import Connection
from lib.tinyweb import App

connection = Connection(os.environ["REDIS_URL"], timeout=1)
app, kept = App(), {}


def cached(key, load, seconds=1):
    value, until = kept.get(key, (None, 0))
    if time.monotonic() < until:
        return value, "memory"
    time.sleep(0.01)
    kept[key] = load(), time.monotonic() + seconds
    return kept[key][0], "database"


@app.get("/health")
def health():
    return {"status": "ok", "redis": "up"}


@app.get("/api/trips")
def trips():
    value, source = cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)])
    return 200, {"trips": value, "source": "cache" if source == "memory" else source}, {"X-Source": source}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    value, source = cached("trip:" + id, lambda: {"id": id, "version": 1})
    return 200, {"trip": value, "source": "cache" if source == "memory" else source}, {"X-Source": source}


app.run()
