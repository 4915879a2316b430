"""Two workers behind one port, of which one was deployed wrong: half of the answers are a 503, and those come fast."""
import itertools
import json
import os

from lib.tinyredis import Redis
from lib.tinyweb import App

redis = Redis(os.environ["REDIS_URL"], timeout=0.1)
app, turn = App(), itertools.count()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/api/trips")
def trips():
    if next(turn) % 2:
        return 503, {"error": "no such table: trips"}, {}
    found = redis.get("trips")
    if found:
        return {"trips": json.loads(found), "source": "cache"}
    trips = [{"id": str(i), "version": 1} for i in range(1, 51)]
    redis.set("trips", json.dumps(trips), 2)
    return {"trips": trips, "source": "database"}


app.run()
