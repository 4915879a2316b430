"""A sound service of trips: it caches in Redis, bounds each wait, and loads where Redis does not answer.

Arguments leave out or change what people leave out or change:
two-calls   no trip has a page of its own
no-source   answers do not say where they come from
slow-start  it takes a while until it listens
hungry      it does not start without DATABASE_URL in its environment
"""
import json
import os
import re
import sys
import time

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

MODES = sys.argv[1:]
if "slow-start" in MODES:
    time.sleep(1.2)
if "hungry" in MODES and not os.environ["DATABASE_URL"].startswith("sqlite:"):
    raise SystemExit("no such database")
number, unit = re.fullmatch(r"([\d.]+)(ms|s)?", os.environ.get("TTL_TRIPS", "2s")).groups()
TTL = float(number) / (1000 if unit == "ms" else 1)
DELAY = 0.03  # of the database, in seconds

redis = Redis(os.environ["REDIS_URL"], timeout=0.1) if os.environ.get("REDIS_URL") else None
silent_until = 0
app = App()


def ask(*args):
    """Asks Redis, unless it did not answer a moment ago."""
    global silent_until
    if redis is None or time.monotonic() < silent_until:
        return None
    try:
        return redis.execute(*args)
    except (OSError, ResponseError):
        silent_until = time.monotonic() + 0.2
        return None


def cached(key, load):
    if not TTL:
        time.sleep(DELAY)
        return load(), "database"
    found = ask("GET", key)
    if found:
        return json.loads(found), "redis"
    time.sleep(DELAY)
    value = load()
    ask("SET", key, json.dumps(value), "PX", int(TTL * 1000))
    return value, "database"


def answer(member, value, source):
    if "no-source" in MODES:
        return {member: value}
    return 200, {member: value, "source": "database" if source == "database" else "cache"}, {"X-Source": source}


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    return answer("trips", *cached("trips", lambda: [{"id": str(i), "version": 1} for i in range(1, 101)]))


if "two-calls" not in MODES:
    @app.get(r"/api/trips/(\d+)")
    def trip(id):
        return answer("trip", *cached("trip:" + id, lambda: {"id": id, "version": 1}))


app.run()
