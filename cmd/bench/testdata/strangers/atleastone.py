"""Sound, and knows times to live in whole seconds, of which there must be one: Redis refuses EX 0."""
import json
import os
import re
import time

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

number, unit = re.fullmatch(r"([\d.]+)(ms|s|m|h)?", os.environ.get("TTL_TRIPS", "300s")).groups()
TTL = max(1, round(float(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, None: 1}[unit]))
redis, app = Redis(os.environ["REDIS_URL"], timeout=0.1), App()


def cached(key, load):
    try:
        found = redis.get(key)
    except (OSError, ResponseError):
        found = None
    if found:
        return json.loads(found), "cache"
    time.sleep(0.03)
    value = load()
    try:
        redis.execute("SET", key, json.dumps(value), "EX", TTL)
    except (OSError, ResponseError):
        pass
    return value, "database"


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    value, source = cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 51)])
    return {"trips": value, "source": source}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    value, source = cached("trip:" + id, lambda: {"id": id, "version": 1})
    return {"trip": value, "source": source}


app.run()
