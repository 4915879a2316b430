"""Sixteen workers, as many servers have. A trip costs six calls of Redis, one after the other, each with a sensible bound
of its own; nobody bounds all six. A user costs none."""
import json
import os
import threading

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

redis, app = Redis(os.environ["REDIS_URL"], timeout=0.1), App()
workers = threading.Semaphore(16)


def ask(*args):
    try:
        return redis.execute(*args)
    except (OSError, ResponseError):
        return None


def worker(view):
    def run(*args):
        with workers:
            return view(*args)
    return run


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get(r"/api/trips/(\d+)")
@worker
def trip(id):
    ask("INCR", "visits")
    ask("GET", "session:1")
    ask("GET", "settings")
    found = ask("GET", "trip:" + id)
    if not found:
        found = json.dumps({"id": id, "version": 1}).encode()
        ask("SET", "trip:" + id, found, "EX", 2)
    ask("GET", "price:" + id)
    ask("GET", "weather:" + id)
    return {"trip": json.loads(found), "source": "cache"}


@app.get("/api/trips")
@worker
def trips():
    return {"trips": [{"id": str(i), "version": 1} for i in range(1, 51)], "source": "database"}


@app.get(r"/api/users/(\d+)")
@worker
def user(id):
    return {"user": {"id": id}, "source": "database"}


app.run()
