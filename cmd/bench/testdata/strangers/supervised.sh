#!/bin/bash
# Keeps the service running, as people do who have no supervisor.
cd "$(dirname "$0")" || exit 1
trap 'kill $!; exit 0' TERM INT
while true; do
	node crashy.js &
	wait $!
	sleep 0.02
done
