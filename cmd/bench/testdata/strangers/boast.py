"""Its cache is a dictionary, and it says that its answers are from Redis: the header was written when the plan was made.
Redis it only writes to: a copy, for later."""
import json
import os
import time

from lib.tinyredis import Redis
from lib.tinyweb import App

redis = Redis(os.environ["REDIS_URL"], timeout=0.1)
app, kept = App(), {}


def cached(key, load):
    value, until = kept.get(key, (None, 0))
    try:
        redis.set("copy:" + key, json.dumps(value), 60)
    except OSError:
        pass
    if time.monotonic() < until:
        return value, "redis"
    time.sleep(0.01)
    kept[key] = load(), time.monotonic() + 1
    return kept[key][0], "database"


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    value, source = cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)])
    return 200, {"trips": value, "source": "cache" if source == "redis" else source}, {"X-Source": source}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    value, source = cached("trip:" + id, lambda: {"id": id, "version": 1})
    return 200, {"trip": value, "source": "cache" if source == "redis" else source}, {"X-Source": source}


app.run()
