#!/bin/sh
# Builds what is shipped twice and compares every byte: in folders of different depth, the second time with an empty build
# cache, so that nothing of the first build can be in it. PLATFORMS="linux/arm" makes it short.
set -eu

: "${LDFLAGS:?call this through make reproducible}"
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp" && rm -rf "$tmp"' EXIT

copy() {
	mkdir -p "$1"
	# What git knows or would know; a file that is deleted but not yet committed is left out. Without git: everything.
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		# shellcheck disable=SC2016 # for the inner shell
		git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c \
			'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh
	else
		find . \( -path ./.tools -o -path ./dist -o -path ./bin \) -prune -o -type f -print0
	fi | tar --null -T - -cf - | tar -xf - -C "$1"
}
copy "$tmp/a"
copy "$tmp/another/folder/b"

# shellcheck disable=SC2086 # a list of platforms
(cd "$tmp/a" && scripts/dist.sh dist ${PLATFORMS:-})
# shellcheck disable=SC2086
(cd "$tmp/another/folder/b" && GOCACHE=$tmp/cache scripts/dist.sh dist ${PLATFORMS:-} >/dev/null)

if diff "$tmp/a/dist/SHA256SUMS" "$tmp/another/folder/b/dist/SHA256SUMS"; then
	echo 'reproducible: the same bytes twice'
else
	echo 'reproducible: two builds of the same source differ, see the sums above' >&2
	exit 1
fi
