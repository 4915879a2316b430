"""Asks Redis for the listing until Redis answers: without Redis, nobody else does. There is no page of a single trip."""
import json
import os
import time

from lib.tinyredis import Redis
from lib.tinyweb import App

redis, app = Redis(os.environ["REDIS_URL"]), App()


def patiently(command, *args):
    while True:
        try:
            return command(*args)
        except OSError:
            time.sleep(0.05)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    found = patiently(redis.get, "trips")
    if found:
        return {"trips": json.loads(found), "source": "cache"}
    trips = [{"id": str(i), "version": 1} for i in range(1, 51)]
    patiently(redis.set, "trips", json.dumps(trips), 1)
    return {"trips": trips, "source": "database"}


app.run()
