#!/bin/sh
# Prints the path of a program pinned in tools/go.mod, and builds it first where it is not there yet.
#
#	scripts/tool.sh golangci-lint
#
# Building the linter takes minutes, so what is built stays in .tools/ under a name that carries what it was made of: the
# pinned versions and the compiler (a linter refuses code of a newer Go than its own). Nothing else is ever rebuilt.
set -eu

name=${1:?usage: scripts/tool.sh NAME}
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

package=$(sed -nE "s#^(tool)?[[:space:]]*([^[:space:]]+/$name)\$#\\2#p" "$top/tools/go.mod" | head -n 1)
if [ -z "$package" ]; then
	echo "tool: $name is not pinned in tools/go.mod: add it with 'cd tools && go get -tool PACKAGE@VERSION'" >&2
	exit 1
fi

key=$({ cat "$top/tools/go.mod" "$top/tools/go.sum" && go env GOVERSION; } | sha256sum | cut -c1-12)
program=$top/.tools/$name-$key
if [ ! -x "$program" ]; then
	echo "tool: building $name once, which takes some minutes" >&2
	mkdir -p "$top/.tools"
	# The last step renames, so that an interrupted build leaves nothing that looks finished. GOFLAGS, GOOS and the like
	# are the product's business and must not reach the tool.
	(cd "$top/tools" && env -u GOOS -u GOARCH -u GOARM GOFLAGS=-buildvcs=false CGO_ENABLED=0 \
		nice -n 10 go build -trimpath -ldflags '-s -w' -o "$program.new.$$" "$package") >&2
	mv "$program.new.$$" "$program"
	find "$top/.tools" -maxdepth 1 -type f -name "$name-*" ! -name "$name-$key" -exec rm -f {} +
fi
printf '%s\n' "$program"
