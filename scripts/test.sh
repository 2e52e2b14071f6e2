#!/bin/sh
# Vets and runs every test, with the race detector where this machine has one, and says at the end what was skipped.
set -eu

go=${GO:-go}
here=$(dirname -- "$0")
platform=$("$go" env GOOS)/$("$go" env GOARCH)
lacking=$("$here/peers.sh" --missing test)

race=-race reason=''
case $platform in
linux/amd64 | linux/arm64) case $lacking in gcc\ * | *"
gcc "*) reason='no working gcc' ;; esac ;;
*) reason="there is none for $platform" ;;
esac
if [ -n "$reason" ]; then
	race=''
	if [ "${CI:-}" = true ]; then
		echo "test: no race detector: $reason; with CI=true nothing may be skipped" >&2
		exit 1
	fi
fi

"$go" vet ./...
# -count=1: the cache of test results does not know that a peer was installed since, and would repeat the skip.
# -timeout: of each package. The longest took nine minutes on one busy processor, and Go gives ten.
status=0
if [ -n "$race" ]; then
	CGO_ENABLED=1 "$go" test -race -vet=off -count=1 -timeout 30m ./... || status=$?
else
	"$go" test -vet=off -count=1 -timeout 30m ./... || status=$?
fi

case $reason in there*) echo "test: without the race detector: $reason" ;; esac
if [ -n "$lacking" ]; then
	printf '%s\n' "$lacking" | while read -r program packages what; do
		echo "test: skipped: $what, for want of $program (package $packages)"
	done
fi
exit "$status"
