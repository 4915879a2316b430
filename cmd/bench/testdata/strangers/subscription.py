"""Keeps trips in memory, and is told of changes by the other instances through Redis. It subscribes once, when it starts:
after an outage nobody tells it anything."""
import os
import sqlite3
import threading

from lib.tinyredis import Connection, Redis, ResponseError
from lib.tinyweb import App

redis, app, kept = Redis(os.environ["REDIS_URL"], timeout=0.1), App(), {}
PATH = os.environ["SQLITE_PATH"] + ".trips"


def database(statement, *args):
    with sqlite3.connect(PATH, timeout=5) as db:
        db.execute("CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, version INTEGER)")
        return db.execute(statement, args).fetchone()


def version(id):
    return (database("SELECT version FROM versions WHERE id = ?", id) or (1,))[0]


def listen():
    connection = Connection(os.environ["REDIS_URL"])
    connection.execute("SUBSCRIBE", "changes")
    try:
        while True:
            _, _, id = connection.read()
            kept.pop(id.decode(), None)
    except OSError:
        kept.clear()  # who knows what was missed


def tell(*args):
    try:
        return redis.execute(*args)
    except (OSError, ResponseError):
        return None


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    tell("INCR", "views:" + id)
    if id in kept:
        return 200, {"trip": kept[id], "source": "cache"}, {"X-Source": "memory"}
    kept[id] = {"id": id, "version": version(id)}
    return 200, {"trip": kept[id], "source": "database"}, {"X-Source": "database"}


@app.put(r"/api/trips/(\d+)")
def change(id):
    database("INSERT INTO versions VALUES (?, 2) ON CONFLICT (id) DO UPDATE SET version = version + 1", id)
    kept.pop(id, None)
    tell("PUBLISH", "changes", id)
    return {"trip": {"id": id, "version": version(id)}}


@app.get("/api/trips")
def trips():
    return {"trips": [{"id": str(i), "version": version(str(i))} for i in range(1, 13)], "source": "database"}


threading.Thread(target=listen, daemon=True).start()
app.run()
