"""Two instances, one database, one Redis. While Redis refuses what is written, an instance serves what it remembers; once
Redis takes a write again, what Redis holds of all others is served again, older as it is."""
import json
import os
import sqlite3
import sys

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

redis, app, mine = Redis(os.environ["REDIS_URL"], timeout=0.1), App(), {}
PATH = os.environ["SQLITE_PATH"] + ".trips"


def database(statement, *args):
    with sqlite3.connect(PATH, timeout=5) as db:
        db.execute("CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, version INTEGER)")
        return db.execute(statement, args).fetchone()


def version(id):
    return (database("SELECT version FROM versions WHERE id = ?", id) or (1,))[0]


def remember(trip):
    try:
        redis.set("trip:" + trip["id"], json.dumps(trip), 60)
        mine.clear()
    except (OSError, ResponseError) as e:
        print("cache:", e, file=sys.stderr)
        mine[trip["id"]] = trip


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    if id in mine:
        return {"trip": mine[id], "source": "cache"}
    try:
        found = redis.get("trip:" + id)
    except (OSError, ResponseError):
        found = None
    if found:
        return {"trip": json.loads(found), "source": "cache"}
    trip = {"id": id, "version": version(id)}
    remember(trip)
    return {"trip": trip, "source": "database"}


@app.put(r"/api/trips/(\d+)")
def change(id):
    database("INSERT INTO versions VALUES (?, 2) ON CONFLICT (id) DO UPDATE SET version = version + 1", id)
    trip = {"id": id, "version": version(id)}
    remember(trip)
    return {"trip": trip}


@app.get("/api/trips")
def trips():
    return {"trips": [{"id": str(i), "version": version(str(i))} for i in range(1, 13)], "source": "database"}


app.run()
