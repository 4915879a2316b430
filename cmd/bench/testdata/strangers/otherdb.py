"""Its cache is in database 2 of Redis. A connection that is made again forgets to say so."""
import json
import os
import sqlite3
import threading

from lib.tinyredis import Connection, ResponseError
from lib.tinyweb import App

app, lock, connection, lost = App(), threading.Lock(), None, False
PATH = os.environ["SQLITE_PATH"] + ".trips"


def ask(*args):
    global connection, lost
    with lock:
        try:
            if connection is None:
                connection = Connection(os.environ["REDIS_URL"], 0.2)
                if not lost:
                    connection.execute("SELECT", "2")
            return connection.execute(*args)
        except (OSError, ResponseError):
            connection, lost = None, True
            return None


def database(statement, *args):
    with sqlite3.connect(PATH, timeout=5) as db:
        db.execute("CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, version INTEGER)")
        return db.execute(statement, args).fetchone()


def version(id):
    return (database("SELECT version FROM versions WHERE id = ?", id) or (1,))[0]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    found = ask("GET", "trip:" + id)
    if found:
        return {"trip": json.loads(found), "source": "cache"}
    value = {"id": id, "version": version(id)}
    ask("SET", "trip:" + id, json.dumps(value), "EX", 60)
    return {"trip": value, "source": "database"}


@app.put(r"/api/trips/(\d+)")
def change(id):
    database("INSERT INTO versions VALUES (?, 2) ON CONFLICT (id) DO UPDATE SET version = version + 1", id)
    ask("DEL", "trip:" + id)
    return {"trip": {"id": id, "version": version(id)}}


@app.get("/api/trips")
def trips():
    return {"trips": [{"id": str(i), "version": version(str(i))} for i in range(1, 13)], "source": "database"}


app.run()
