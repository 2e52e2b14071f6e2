#!/bin/sh
# Prints how big the shipped programs are, and fails when the terminal's has outgrown its budget.
#
# Bytes of flash are bytes of memory too: the pages that run are read in, and a terminal with 512 MB shares them with the
# payment app. 10.0 MB is the gate for 32-bit ARM, which most terminals are; 8.5 MB is the goal.
set -eu

dist=${1:?usage: size.sh FOLDER}
gate=10000000
goal=8500000

status=0
for file in "$dist"/poshealth*; do
	case $file in *.tar.gz) continue ;; esac # kits are what these are packed in
	bytes=$(($(wc -c <"$file")))
	note=''
	if [ "${file##*/}" = poshealth-linux-arm ]; then
		note="goal $goal, gate $gate"
		if [ "$bytes" -gt "$gate" ]; then
			note="$note: $((bytes - gate)) B OVER THE GATE"
			status=1
		elif [ "$bytes" -gt "$goal" ]; then
			note="$note: $((bytes - goal)) B over the goal"
		fi
	fi
	printf '%12d B  %-30s %s\n' "$bytes" "${file##*/}" "$note"
done
if [ "$status" != 0 ]; then
	echo 'size: the terminal'\''s program is too big; what a package weighs: go tool nm -size -sort size on a build without -s' >&2
fi
exit "$status"
