#!/bin/sh
# Checks the Android app (android/app) without Android: the tests of android/ compile it against stubs, have aapt read its manifest and resources,
# and run what it decides in a JVM, against the agent that is built here. make test runs the same tests among all.
set -eu

go=${GO:-go}
cd "$(dirname -- "$0")/.."
exec "$go" test -count=1 -timeout 10m ./android -run 'App|Parameter|AnOldAgent|WhatIsNewer|Kits' "$@"
