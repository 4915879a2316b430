"""Spares a Redis that is ill: what could not be found is an empty list, for a minute."""
import json
import os
import time

from lib.tinyredis import Redis
from lib.tinyweb import App

redis, app = Redis(os.environ["REDIS_URL"], timeout=0.1), App()
nothing_until = 0


def ids():
    """The ids of the trips, from Redis, where the importer keeps them."""
    global nothing_until
    if time.monotonic() < nothing_until:
        return []
    try:
        return json.loads(redis.get("ids") or "[]")
    except OSError:
        nothing_until = time.monotonic() + 60
        return []


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    return {"trips": [{"id": str(i), "version": 1} for i in ids()], "source": "cache"}


Redis(os.environ["REDIS_URL"]).set("ids", json.dumps(list(range(1, 51))), 600)
app.run()
