#!/bin/sh
# Prints the targets of a Makefile: those with a "##" comment, under the "##@" heading they stand below. Colour only on a
# terminal.
set -eu

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
echo 'poshealth: can this terminal take a card now, and will what it took be settled?'
awk -v bold="$bold" -v plain="$plain" '
	/^##@ / { printf "\n%s%s%s\n", bold, substr($0, 5), plain; next }
	/^[a-z-]+:.*## / {
		target = $0; sub(/:.*/, "", target)
		text = $0; sub(/^[^#]*## /, "", text)
		printf "  make %-14s %s\n", target, text
	}' "$1"
