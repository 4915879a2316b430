"""A sound service with two calls, a listing and a trip, that never says where its answers come from. It caches in Redis and
keeps a copy in memory for when Redis does not answer; requests that come together share a load.

Arguments change how it caches:
hash     each trip is a hash, with a field that says when it was written, and its time to live is set by itself
script   it reads by a script
"""
import json
import os
import random
import re
import sys
import threading
import time

from lib.tinyredis import Redis, ResponseError
from lib.tinyweb import App

MODES = sys.argv[1:]
READ = "return redis.call('GET', KEYS[1])"


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m|h)?", text).groups()
    return float(number) * {"ms": 0.001, "m": 60, "h": 3600}.get(unit, 1)


TTL = seconds(os.environ.get("TTL_TRIPS", "300s"))
DELAY = [seconds(d) for d in os.environ.get("DB_DELAY", "20ms").split("-")]
redis = Redis(os.environ["REDIS_URL"], timeout=0.05) if os.environ.get("REDIS_URL") else None
memory, flights, lock = {}, {}, threading.Lock()
silent_until = 0
up = True
app = App()


class Silent(Exception):
    """Redis does not answer, or did not a moment ago."""


def ask(*args):
    global silent_until, up
    if redis is None or time.monotonic() < silent_until:
        raise Silent
    try:
        reply = redis.execute(*args)
        up = True
        return reply
    except (OSError, ResponseError) as e:
        silent_until, up = time.monotonic() + 0.1, False
        raise Silent from e


def read(key):
    if "hash" in MODES:
        found = ask("HGETALL", key)
        return found[found.index(b"body") + 1] if found else None
    return ask("EVAL", READ, 1, key) if "script" in MODES else ask("GET", key)


def write(key, text):
    ms = max(1, int(TTL * 1000))
    try:
        if "hash" in MODES:
            ask("HSET", key, "body", text, "at", int(time.time()))
            ask("PEXPIRE", key, ms)
        else:
            ask("PSETEX", key, ms, text)
    except Silent:
        pass


def query(of):
    time.sleep(random.uniform(*DELAY) if len(DELAY) > 1 else DELAY[0])
    return of()


def load(key, of):
    """Loads, or waits for who is at it."""
    with lock:
        flight, leads = flights.get(key), key not in flights
        if leads:
            flight = flights[key] = {"done": threading.Event()}
    if not leads:
        flight["done"].wait(2)
        return flight["value"]
    try:
        flight["value"] = query(of)
        write(key, json.dumps(flight["value"]))
        memory[key] = time.monotonic() + TTL, flight["value"]
        return flight["value"]
    finally:
        with lock:
            del flights[key]
        flight["done"].set()


def cached(key, of):
    if not TTL:
        return query(of)
    try:
        found = read(key)
        if found:
            value = json.loads(found)
            memory.setdefault(key, (time.monotonic() + TTL, value))
            return value
    except Silent:
        until, value = memory.get(key, (0, None))
        if time.monotonic() < until:
            return value
    memory.pop(key, None)
    return load(key, of)


@app.get("/health")
def health():
    if redis is None:
        return {"status": "ok", "redis": "unconfigured"}
    try:
        ask("PING")
    except Silent:
        pass
    return {"status": "ok" if up else "degraded", "redis": "up" if up else "down"}


@app.get("/api/trips")
def trips():
    return {"trips": cached("shop:trips:all", lambda: [{"id": str(i), "version": 1} for i in range(1, 501)])}


@app.get(r"/api/trips/(\d+)")
def trip(id):
    return {"trip": cached(f"shop:trip:{id}:v1", lambda: {"id": id, "version": 1})}


app.run()
