#!/bin/sh
# Runs every fuzz target for FUZZTIME, one after the other, and names those that failed at the end.
#
# What a target finds, go test writes below testdata/fuzz/ of its package: mend it, and commit that file as a test.
set -eu

go=${GO:-go}
time=${FUZZTIME:-30s}
list=$(mktemp)
trap 'rm -f "$list"' EXIT

# go test -list prints a package's targets, and then the package.
"$go" test -vet=off -list '^Fuzz' ./... >"$list" || {
	cat "$list" >&2
	exit 1
}
targets=$(awk '/^Fuzz/ { names[n++] = $1; next }
	$1 == "ok" { for (i = 0; i < n; i++) print names[i], $2; n = 0 }' "$list" | grep -E -- "${FUZZ:-.}" || true)
if [ -z "$targets" ]; then
	echo "fuzz: no fuzz target matches '${FUZZ:-.}'" >&2
	exit 1
fi

echo "fuzz: $(printf '%s\n' "$targets" | wc -l) targets, $time each"
failed=''
while read -r name package; do
	echo "fuzz: $name of $package"
	"$go" test -vet=off -run '^$' -fuzz "^$name\$" -fuzztime "$time" "$package" </dev/null || failed="$failed $package.$name"
done <<EOF
$targets
EOF
if [ -n "$failed" ]; then
	echo "fuzz: failed:$failed" >&2
	exit 1
fi
