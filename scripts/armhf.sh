#!/bin/sh
# Fetches Debian's own 32-bit ARM kernel for the emulated terminal into .tools/lab/: vmlinuz and the modules it needs there.
#
# It asks the apt sources of this machine for another architecture, with lists of its own: nothing is installed, nothing of
# this machine's apt changes, and root is not needed. Debian only: elsewhere it says so and fails.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
kernel=$top/.tools/lab
[ ! -e "$kernel/vmlinuz" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1 || ! grep -qs '^ID=debian$' /etc/os-release; then
	echo "lab: the emulated terminal's kernel comes from Debian's archive, and this is no Debian" >&2
	exit 1
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$kernel.new.$$"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial" "$kernel.new.$$"

apt() {
	program=$1
	shift
	LC_ALL=C "$program" -qq -o APT::Architecture=armhf -o APT::Architectures=armhf -o APT::Sandbox::User=root \
		-o Dir::State::Lists="$tmp/lists" -o Dir::Cache="$tmp/cache" -o Acquire::Retries=2 -o Acquire::Languages=none "$@" </dev/null
}
# One broken source must not hide the others; what is there afterwards decides.
apt apt-get update >"$tmp/log" 2>&1 || true
image=$(apt apt-cache depends linux-image-armmp 2>>"$tmp/log" | sed -n 's/.*Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
if [ -z "$image" ] || ! (cd "$tmp" && apt apt-get download "$image") >>"$tmp/log" 2>&1; then
	echo "lab: cannot fetch Debian's kernel for armhf (${image:-linux-image-armmp}); apt's last words:" >&2
	tail -n 15 "$tmp/log" | sed 's/^/    /' >&2
	exit 1
fi
# Of 160 MB of modules, the folders in which what the terminal needs lies, and what that depends on.
dpkg-deb --fsys-tarfile "$tmp"/linux-image-*.deb | tar -x -C "$kernel.new.$$" --wildcards './boot/vmlinuz-*' './lib/modules/*/kernel/crypto' \
	'./lib/modules/*/kernel/lib' './lib/modules/*/kernel/fs/ext4' './lib/modules/*/kernel/fs/jbd2' './lib/modules/*/kernel/fs/mbcache.ko' \
	'./lib/modules/*/kernel/net/core' './lib/modules/*/kernel/drivers/virtio' './lib/modules/*/kernel/drivers/block' \
	'./lib/modules/*/kernel/drivers/net/*.ko'
mv "$kernel.new.$$"/boot/vmlinuz-* "$kernel.new.$$/vmlinuz"
rm -rf "$kernel"
mv "$kernel.new.$$" "$kernel"
echo "lab: fetched $image for armhf"
