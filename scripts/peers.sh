#!/bin/sh
# Sees to it that the programs which tests talk to are on this machine: peers.sh test|android|lint|qemu|lab|path..., several at once.
#
# Where it runs as root on Debian or Ubuntu it installs what is missing; elsewhere it says what will be skipped and what to
# install. JavaScript peers go into .tools/npm. With CI=true nothing may be skipped: what is missing then fails. It never starts a server, neither now nor at the
# next boot, never replaces a package that is there, and believes programs, not what apt prints.
#
#	peers.sh --missing test    only tells what is missing: program, packages, what it is for
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
unpacked=$top/.tools/peers
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:$unpacked/usr/sbin:$unpacked/usr/bin

# One line a peer: program, Debian package(s), what it is good for.
wanted() {
	case $1 in
	test)
		# -race is a C library, so it needs a compiler; the other architectures have no -race.
		case $(uname -m) in
		x86_64 | aarch64) echo 'gcc gcc,libc6-dev the race detector' ;;
		esac
		cat <<-'EOF'
			mosquitto mosquitto a real MQTT broker
			mosquitto_sub mosquitto-clients a real MQTT subscriber
			chronyd chrony a real time server
			faketime faketime a time server that lies
			dnsmasq dnsmasq-base a real DNS server
			ip iproute2 a network of its own for a test
			nft nftables a lossy link for a test
			chromium chromium the page in a real browser
			dash dash the installer in a terminal's shells
			mksh mksh the installer in Android's own shell
			busybox busybox the installer in a terminal's shells
			ping iputils-ping the lab's lines against a ping that is not ours
			node nodejs a payment host of ISO 8583 that is not ours
			npm npm a payment host of ISO 8583 that is not ours
			tshark tshark a reading of ISO 8583 that is not ours
			javac default-jdk-headless the intake's client for payment apps in Java (116 MB to fetch)
			curl curl the intake's first day, as its page tells it
			bash bash completion in a real shell
			zsh zsh completion in a real shell
			fish fish completion in a real shell
			mandoc mandoc the man pages by a reader that is strict
			zbarimg zbar-tools a reading of QR codes that is not ours
			jq jq a bundle read without our tools
			aapt aapt,android-framework-res the app's manifest and resources as Android's own tool reads them
		EOF
		;;
	path)
		cat <<-'EOF'
			ip iproute2 the networks of the lab
			nft nftables what is blocked in the lab
			dnsmasq dnsmasq-base a real DNS server
			nginx nginx-light a real HTTPS server
			mosquitto mosquitto a real MQTT broker
			chronyd chrony a real time server
			faketime faketime servers that live in another time
			node nodejs a payment host of ISO 8583 that is not ours
			npm npm a payment host of ISO 8583 that is not ours
		EOF
		;;
	android)
		cat <<-'EOF'
			javac default-jdk-headless the app's sources, and what it decides against the agent
			aapt aapt,android-framework-res the app's manifest and resources as Android's own tool reads them
		EOF
		;;
	lint) echo 'shellcheck shellcheck the check of the scripts' ;;
	qemu)
		cat <<-'EOF'
			qemu-arm-static qemu-user-static the ARM programs on this machine
			qemu-aarch64-static qemu-user-static the ARM programs on this machine
			jq jq reading the answers of those programs
		EOF
		;;
	lab)
		cat <<-'EOF'
			qemu-system-arm qemu-system-arm the emulated ARM terminal
			mkfs.ext4 e2fsprogs the disk of the emulated terminal
			dpkg-deb dpkg the kernel of the emulated terminal
			mosquitto mosquitto a real MQTT broker
			mosquitto_sub mosquitto-clients a real MQTT subscriber
		EOF
		;;
	*)
		echo "peers: no such set of programs: '$1' (test, android, lint, qemu, lab or path)" >&2
		return 2
		;;
	esac
}

present() {
	command -v "$1" >/dev/null 2>&1 || return 1
	case $1 in
	# A compiler without the C library's headers is no compiler.
	gcc) printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | gcc -x c -pthread -o /dev/null - >/dev/null 2>&1 ;;
	# What it compiles against is a package of its own.
	aapt) [ -r /usr/share/android-framework-res/framework-res.apk ] ;;
	# Where it was only unpacked, its libraries may be missing.
	chronyd) chronyd -v >/dev/null 2>&1 ;;
	esac
}

missing() {
	for set_of in "$@"; do wanted "$set_of"; done | while read -r program packages what; do
		present "$program" || echo "$program $packages $what"
	done
}

packages_of() { awk '{ gsub(",", "\n", $2); print $2 }' | sort -u | tr '\n' ' '; }

debian() {
	command -v apt-get >/dev/null 2>&1 && grep -qsE '^ID(_LIKE)?=.*\b(debian|ubuntu)\b' /etc/os-release
}

# No question, no restart of others' services, no wait without end for another apt; all it prints goes to the log.
apt_get() {
	DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 RUNLEVEL=1 LC_ALL=C \
		apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -o Dpkg::Options::=--force-confold "$@" \
		</dev/null >>"$log" 2>&1
}

# Debian asks policy-rc.d before it starts a server. One that is there is the owner's and stays; ours carries a mark, so
# that one left behind by a killed run is known and removed.
mark='made by poshealth scripts/peers.sh'
policy=/usr/sbin/policy-rc.d
hold_services() {
	if ! [ -e "$policy" ]; then
		printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy.$$" && chmod 755 "$policy.$$" && mv "$policy.$$" "$policy"
	fi
}
release_services() {
	if grep -qs "$mark" "$policy"; then rm -f "$policy"; fi
}

# chrony takes the place of another time daemon, and a machine that loses its own for a test is worse off: such a package
# is only unpacked, under .tools/, where make test finds it.
unpack() {
	(cd "$tmp" && apt_get download "$1" && mkdir -p "$unpacked" && dpkg -x "$1"_*.deb "$unpacked") >>"$log" 2>&1 || true
}

install_missing() {
	log=$tmp/log
	echo "peers: installing by apt: $1"
	trap 'release_services; rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM HUP
	hold_services
	apt_get update || true # one broken source must not hide the others; what is there afterwards decides
	# shellcheck disable=SC2086 # a list of packages
	if ! apt_get install --no-install-recommends --no-remove $1; then
		for package in $1; do
			apt_get install --no-install-recommends --no-remove "$package" || unpack "$package"
		done
	fi
	# Not at the next boot either: tests start servers of their own.
	for package in $1; do
		case $package in
		mosquitto | chrony)
			systemctl disable "$package" >>"$log" 2>&1 || update-rc.d "$package" disable >>"$log" 2>&1 || true
			;;
		esac
	done
}

only_tell=
if [ "${1:-}" = --missing ]; then
	only_tell=yes
	shift
fi
if [ $# = 0 ]; then
	echo 'usage: peers.sh [--missing] test|android|lint|qemu|lab|path...' >&2
	exit 2
fi
for set_of in "$@"; do wanted "$set_of" >/dev/null; done # a wrong name ends here

lacking=$(missing "$@")
if [ -n "$only_tell" ]; then
	[ -z "$lacking" ] || printf '%s\n' "$lacking"
	exit 0
fi
# modules installs the JavaScript peers of the sets that have some; a registry that cannot be reached is no reason to stop.
modules() {
	case " $* " in *' test '* | *' path '*) ;; *) return 0 ;; esac
	command -v npm >/dev/null 2>&1 || return 0
	"$top/scripts/npm.sh" >&2 && return 0
	echo 'peers: no npm package iso_8583: the ISO 8583 host that is not ours is skipped' >&2
	[ "${CI:-}" != true ]
}
if [ -z "$lacking" ]; then
	modules "$@"
	exit
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if [ "$(id -u)" = 0 ] && debian; then
	install_missing "$(printf '%s\n' "$lacking" | packages_of)"
	lacking=$(missing "$@")
	if [ -z "$lacking" ]; then
		modules "$@"
		exit
	fi
	echo "peers: apt could not install everything; its last words:" >&2
	tail -n 15 "$log" | LC_ALL=C tr -cd '\11\12\40-\176' | sed 's/^/    /' >&2
elif debian; then
	echo 'peers: not root, so nothing is installed.' >&2
else
	echo 'peers: not Debian or Ubuntu, so nothing is installed; the package names below are Debian'\''s.' >&2
fi
printf '%s\n' "$lacking" | while read -r program packages what; do
	echo "peers: no $program: $what is skipped" >&2
done
echo "peers: to have it: sudo apt-get install --no-install-recommends $(printf '%s\n' "$lacking" | packages_of)" >&2
if [ "${CI:-}" = true ]; then
	echo 'peers: with CI=true nothing may be skipped' >&2
	exit 1
fi
