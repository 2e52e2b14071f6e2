#!/bin/sh
# Packs what goes onto terminals, a kit for each way in, from the programs of a folder and the files of android/.
#
#	scripts/kits.sh FOLDER [init|adb|app ...]
#
# Two kits of one commit are the same bytes: names are sorted, times are BUILD_TIME, owners and modes are fixed here.
set -eu

out=$(CDPATH='' cd -- "${1:?usage: kits.sh FOLDER [KIT ...]}" && pwd)
shift
: "${VERSION:?call this through make dist}" "${BUILD_TIME:?call this through make dist}"
android=$(CDPATH='' cd -- "$(dirname -- "$0")/../android" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# begin makes the folder of a kit, with the files of its own.
begin() {
	kit=$tmp/poshealth-kit-$1-$VERSION
	cp -R "$android/$1" "$kit"
	printf '%s\n' "$VERSION" >"$kit/VERSION"
	cp "$android/../LICENSE" "$kit/"
}

# end sums up what a kit holds, and packs it. -6: -9 takes three times as long for one part in a hundred.
end() {
	(cd "$kit" && LC_ALL=C && export LC_ALL && find . -type f ! -name SHA256SUMS | sed 's|^\./||' | sort | xargs sha256sum -- >"$tmp/sums" &&
		mv "$tmp/sums" SHA256SUMS)
	tar --sort=name --format=ustar --mtime="@$BUILD_TIME" --owner=0 --group=0 --numeric-owner --mode='u=rwX,go=rX' \
		-C "$tmp" -cf - "${kit##*/}" | gzip -n -6 >"$out/${kit##*/}.tar.gz"
}

[ $# -gt 0 ] || set -- init adb app
for name in "$@"; do
	begin "$name"
	case $name in
	init | adb) cp "$out/poshealth-linux-arm" "$out/poshealth-linux-arm64" "$kit/" ;;
	app)
		# What Gradle left there, where somebody built the app beside its sources.
		rm -rf "${kit:?}/.gradle" "${kit:?}/build" "${kit:?}/lib" "${kit:?}/local.properties"
		# An APK carries programs as libraries, and Android unpacks what is called lib*.so. They are run, never loaded.
		mkdir -p "$kit/lib/armeabi-v7a" "$kit/lib/arm64-v8a"
		cp "$out/poshealth-linux-arm" "$kit/lib/armeabi-v7a/libposhealth.so"
		cp "$out/poshealth-linux-arm64" "$kit/lib/arm64-v8a/libposhealth.so"
		;;
	esac
	end
done
