"""Falls back when the connection to Redis fails. That Redis may be silent, or answer with an error, nobody thought of."""
import json
import os

from lib.tinyredis import Redis
from lib.tinyweb import App

redis, app = Redis(os.environ["REDIS_URL"], timeout=0.1), App()


def cached(key, load):
    try:
        found = redis.get(key)
        if found:
            return json.loads(found), "redis"
        redis.set(key, json.dumps(load()), 2)
    except ConnectionError:
        pass
    return load(), "database"


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
