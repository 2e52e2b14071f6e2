#!/bin/sh
# Runs the ARM programs of a folder on an emulated processor: version, check against a host that refuses, and check of every
# simulated terminal in a lab network, with the expected findings and nothing else.
#
# It shows that they start, look and answer on ARM code paths. Emulated seconds say nothing about a terminal's speed.
set -eu

dist=${1:?usage: qemu.sh FOLDER}
: "${VERSION:?call this through make qemu}"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Port 9 on loopback: nobody listens there, so the look ends at once and with a cause.
cat >"$tmp/poshealth.toml" <<EOF
version = 1
[terminal]
id = "QEMU0001"
state_dir = "$tmp/state"
[[host]]
name = "nobody"
address = "127.0.0.1:9"
kind = "tcp"
[clock]
ntp = ["127.0.0.1:9"]
[local]
listen = ""
EOF

fail() {
	echo "qemu: $1" >&2
	sed 's/^/    /' "$tmp/out" "$tmp/err" >&2
	exit 1
}

# 120 s: a check takes at most 10 s on a real machine, and emulation on a busy one is ten times slower.
run() {
	status=0
	timeout 120 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

# The first 32-bit cores that terminals have, and the first 64-bit ones: nothing newer may be asked of them.
for target in arm:cortex-a7:arm arm64:cortex-a53:aarch64; do
	IFS=: read -r arch cpu emulator <<-EOF
		$target
	EOF
	program=$dist/poshealth-linux-$arch
	emulator="qemu-$emulator-static -cpu $cpu"

	# shellcheck disable=SC2086 # the emulator with its option
	run $emulator "$program" version
	[ "$status" = 0 ] || fail "$program version: exit $status, want 0"
	grep -qF -- "$VERSION" "$tmp/out" || fail "$program version: does not name the version $VERSION"

	# shellcheck disable=SC2086
	run $emulator "$program" check --config "$tmp/poshealth.toml" --format json
	case $status in
	0 | 1 | 2 | 3) ;;
	*) fail "$program check: exit $status, want 0 to 3" ;;
	esac
	jq -e '.schema == 1 and .terminal.id == "QEMU0001" and (.results | length > 0)
		and (.verdict | .take_card.level, .settle.level | IN("ready", "at-risk", "not-ready", "unknown"))' \
		"$tmp/out" >"$tmp/jq" 2>>"$tmp/err" || fail "$program check: exit $status, and no snapshot on stdout"
	echo "qemu: linux/$arch on $cpu: version and check answer (exit $status, $(jq '.results | length' "$tmp/out") results)"

	POSHEALTH_BINARY=$(cd "$dist" && pwd)/poshealth-linux-$arch POSHEALTH_EMULATOR=$emulator \
		"${GO:-go}" test ./cmd/poshealth -count 1 -timeout 10m -run '^TestSimulatedTerminals$' -v >"$tmp/out" 2>"$tmp/err" ||
		fail "linux/$arch on $cpu: a simulated terminal was not seen as expected"
	echo "qemu: linux/$arch on $cpu: $(grep -c '^    --- PASS' "$tmp/out") simulated terminals seen as expected"
done
