"""Sound: it starts slowly, says nothing of where its answers come from, and much that nobody asked for. A value that it
could not read from Redis comes from the database; one that it could not drop from Redis is remembered until it can."""
import json
import os
import random
import re
import sqlite3
import threading
import time

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

time.sleep(1.5)
redis = Redis(os.environ["REDIS_URL"], timeout=0.15) if os.environ.get("REDIS_URL") else None
app, silent_until, undropped, lock, changing = App(), 0, set(), threading.Lock(), {}
PATH = os.environ["SQLITE_PATH"] + ".trips"


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s)", text).groups()
    return float(number) / (1000 if unit == "ms" else 1)


def wait(name, otherwise):
    least, _, most = os.environ.get(name, otherwise).partition("-")
    time.sleep(random.uniform(seconds(least), seconds(most or least)))


def ask(*args):
    """Asks Redis, unless it did not answer a moment ago. What was not dropped goes first."""
    global silent_until
    if redis is None or time.monotonic() < silent_until:
        return None
    try:
        with lock:
            late = list(undropped)
        if late:
            redis.delete(*late)
            with lock:
                undropped.difference_update(late)
        return redis.execute(*args)
    except (OSError, ResponseError):
        silent_until = time.monotonic() + 0.5
        return None


def database(statement, *args):
    with sqlite3.connect(PATH, timeout=5) as db:
        db.execute("CREATE TABLE IF NOT EXISTS versions (id TEXT PRIMARY KEY, version INTEGER)")
        return db.execute(statement, args).fetchall()


def cached(key, life, slow, load):
    life = int(seconds(os.environ.get(life, "300s")) * 1000)
    found = life and ask("GET", key)
    if not found:
        wait(*slow)
        with changing.setdefault(key, threading.Lock()):  # nothing older is kept than what a change has left
            found = json.dumps(load())
            if life:
                ask("SET", key, found, "PX", life)
    return 200, json.loads(found), {"Server-Timing": "app;dur=1", "X-Powered-By": "cups", "X-Runtime": "0.01", "X-Hits": "7"}


DB, AI = ("DB_DELAY", "20ms"), ("AI_DELAY", "20ms")


@app.get("/health")
def health():
    return {"uptime": time.monotonic()}


@app.get("/api/trips")
def trips():
    def load():
        changed = dict(database("SELECT id, version FROM versions"))
        return {"trips": [{"id": str(i), "version": changed.get(str(i), 1)} for i in range(1, 501)]}
    return cached("trips", "TTL_TRIPS", DB, load)


def version(id):
    rows = database("SELECT version FROM versions WHERE id = ?", id)
    return rows[0][0] if rows else 1


@app.get(r"/api/trips/(\d+)")
def trip(id):
    return cached("trip:" + id, "TTL_TRIPS", DB, lambda: {"trip": {"id": id, "version": version(id)}})


@app.put(r"/api/trips/(\d+)")
def change(id):
    with changing.setdefault("trip:" + id, threading.Lock()):
        database("INSERT INTO versions VALUES (?, 2) ON CONFLICT (id) DO UPDATE SET version = version + 1", id)
        if ask("DEL", "trips", "trip:" + id) is None:
            with lock:
                undropped.update(("trips", "trip:" + id))
    return {"trip": {"id": id, "version": version(id)}}


@app.get(r"/api/users/(\w+)")
def user(id):
    return cached("user:" + id, "TTL_PROFILES", DB, lambda: {"user": {"id": id}})


@app.get(r"/api/recommendations/(\w+)")
def advice(id):
    return cached("advice:" + id, "TTL_AI", AI, lambda: {"userId": id, "recommendations": ["Everest"]})


app.run()
