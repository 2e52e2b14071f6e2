#!/bin/sh
# Measures the resident memory of the agent as it ships (FOLDER/poshealth-linux-amd64), minutes 5 to 10 of a run with the
# default configuration and a TLS broker, and fails when the median outgrows its budget. Takes ten minutes and next to no
# processor time.
#
#	RSS_FROM=30s RSS_TO=1m scripts/rss.sh FOLDER    a shorter look
set -eu

folder=${1:?usage: rss.sh FOLDER}
go=${GO:-go}
POSHEALTH_BINARY=$(cd "$folder" && pwd)/poshealth-linux-$("$go" env GOARCH)
export POSHEALTH_BINARY RSS_FROM="${RSS_FROM:-5m}" RSS_TO="${RSS_TO:-10m}"
exec "$go" test ./cmd/poshealth -run '^$' -bench '^BenchmarkMemory$' -benchtime 1x -count 1 -timeout 30m
