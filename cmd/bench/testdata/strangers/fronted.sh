#!/bin/sh
# A proxy in front: clients talk to front.py at PORT, which talks to the service at a socket of its own.
cd "$(dirname "$0")" || exit 1
behind=$(dirname "$SQLITE_PATH")/$INSTANCE.sock
rm -f "$behind"
trap 'kill $service $front 2>/dev/null' EXIT
trap 'exit 0' TERM INT
PORT=$behind node hundred.js &
service=$!
BACKEND=$behind python3 front.py &
front=$!
wait $front
