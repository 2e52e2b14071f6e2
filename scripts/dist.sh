#!/bin/sh
# Builds every program that is shipped into a folder, with the kits for terminals and SHA256SUMS. Called by make, which
# hands over GO and LDFLAGS; QUIET=yes leaves the list of results out.
#
#	scripts/dist.sh FOLDER [PLATFORM ...]
#
# What could make two builds of one commit differ is pinned here or kept out: paths (-trimpath), time (BUILD_TIME is the
# commit's), the checkout (-buildvcs=false), C (CGO_ENABLED=0), and the builder's own settings.
set -eu

out=${1:?usage: dist.sh FOLDER [PLATFORM ...]}
shift
go=${GO:-go}
: "${LDFLAGS:?call this through make dist}" "${SLIM?call this through make dist}"
# linux/arm is what most terminals are. android/arm64 is an extra: Android starts it, other systems do not.
[ $# -gt 0 ] || set -- linux/arm linux/arm64 linux/amd64 android/arm64

unset GOEXPERIMENT GODEBUG GOFIPS140 2>/dev/null || true
export CGO_ENABLED=0 GOFLAGS='' GOARM=7 GOARM64=v8.0 GOAMD64=v1

rm -rf "$out"
mkdir -p "$out"
for platform in "$@"; do
	os=${platform%/*} arch=${platform#*/}
	programs=poshealth
	case $platform in linux/amd64 | linux/arm64) programs='poshealth poshealth-fleet' ;; esac
	for program in $programs; do
		slim=''
		[ "$program" = poshealth-fleet ] || slim=$SLIM
		# 32-bit ARM knows pages of 4 KiB alone; the linker's 64 KiB would fill three gaps with zeros.
		round=''
		[ "$arch" != arm ] || round='-R 4096'
		# shellcheck disable=SC2086 # SLIM is a list of flags
		GOOS=$os GOARCH=$arch "$go" build $slim -trimpath -buildvcs=false -ldflags "$LDFLAGS $round" \
			-o "$out/$program-$os-$arch" "./cmd/$program"
	done
done
# A kit holds the programs of both kinds of terminals, so it takes both to make one.
if [ -f "$out/poshealth-linux-arm" ] && [ -f "$out/poshealth-linux-arm64" ]; then
	VERSION=${VERSION:-dev} BUILD_TIME=${BUILD_TIME:-0} scripts/kits.sh "$out"
fi
(cd "$out" && LC_ALL=C && export LC_ALL && sha256sum -- poshealth* >SHA256SUMS)
[ -z "${QUIET:-}" ] || exit 0

echo "dist: ${VERSION:-} of $(date -u -d "@${BUILD_TIME:-0}" '+%Y-%m-%d %H:%M:%S UTC'), $("$go" env GOVERSION)"
while read -r sum name; do
	printf '%12s B  %s  %s\n' "$(wc -c <"$out/$name")" "$(printf %s "$sum" | cut -c1-16)" "$out/$name"
done <"$out/SHA256SUMS"
