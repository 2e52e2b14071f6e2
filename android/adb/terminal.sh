#!/system/bin/sh
# The terminal's half of poshealth-adb, which pushes and calls it: sh terminal.sh FOLDER COMMAND [ARGUMENT ...]
#
# It asks for no more than the shell of Android 5 has: no cp -a, tail, tr, mktemp, readlink -f, [[ or fractions of a
# second. What takes the agent away and brings it back (try, rollback, configure) runs in a session of its own and goes on
# when the cable is pulled.
#
# FOLDER/current is the only word on what is installed: the version that runs, and on the second line the one before. It
# is written last, by rename, and only about a version that has answered; so wherever power is cut, what it names is whole.
set -u

dir=${1:?usage: terminal.sh FOLDER COMMAND}
command=${2:?usage: terminal.sh FOLDER COMMAND}
shift 2
config=$dir/poshealth.toml
mark=$dir/.poshealth-adb # poshealth-adb makes it before anything else, and nothing is removed without it
why=''

die() {
	echo "$*"
	exit 1
}

# read_current sets current and previous; both are empty where nothing is installed.
read_current() {
	current='' previous=''
	[ -f "$dir/current" ] || return 0
	{
		read -r current
		read -r previous
	} <"$dir/current"
	return 0
}

write_current() {
	{
		echo "$1"
		echo "$2"
	} >"$dir/current.new" && sync && mv -f "$dir/current.new" "$dir/current" && sync
}

# ours tells whether process $1 is our daemon. A number alone does not: after a reboot it is somebody else's.
ours() {
	[ -n "$1" ] && [ -d "/proc/$1" ] || return 1
	line=''
	{ read -r line <"/proc/$1/cmdline"; } 2>/dev/null # no new process for each of three hundred
	case $line in "$dir/versions/"*) ;; *) return 1 ;; esac
	case $(cat "/proc/$1/cmdline" 2>/dev/null) in # the zeros between the words are dropped
	"$dir/versions/"*/poshealthrun--config*) return 0 ;;
	esac
	return 1
}

# running sets pid to our daemon's.
running() {
	pid=''
	if [ -f "$dir/pid" ]; then read -r pid <"$dir/pid"; fi
	ours "$pid" && return 0
	for process in /proc/[0-9]*; do
		pid=${process#/proc/}
		ours "$pid" && return 0
	done
	pid=''
	return 1
}

# stop ends every daemon of ours. 15 s: it gives its goodbye to the broker 2 s, and a slow terminal some more for the rest.
stop() {
	patience=15 asked=''
	while running; do
		if [ "$patience" -lt 0 ]; then
			kill -9 "$pid" 2>/dev/null
		elif [ "$asked" != "$pid" ]; then
			kill "$pid" 2>/dev/null # once: a second one ends it the hard way
			asked=$pid
		fi
		patience=$((patience - 1))
		if [ "$patience" -lt -5 ]; then
			why="process $pid does not end"
			return 1
		fi
		sleep 1
	done
	rm -f "$dir/pid"
}

# apart becomes a program in a session of its own, deaf to the hang-up that a pulled cable is. Android 5 has no setsid;
# deafness is enough there.
apart() {
	trap '' HUP
	if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; else exec "$@"; fi
}

# start starts the daemon of version $1. It writes its own number before it becomes the program.
start() {
	mkdir -p "$dir/state/tmp"
	if [ -f "$dir/log" ]; then mv -f "$dir/log" "$dir/log.1"; fi
	export HOME="$dir/state" TMPDIR="$dir/state/tmp"
	# shellcheck disable=SC2016 # for the inner shell
	apart sh -c 'echo $$ >"$1/pid"; exec "$1/versions/$2/poshealth" run --config "$1/poshealth.toml"' sh "$dir" "$1" \
		>"$dir/log" 2>&1 </dev/null &
}

# seconds since boot: the clock may be set while we wait.
seconds() {
	read -r up rest </proc/uptime
	echo "${up%%.*}"
}

# answers waits until the daemon of version $1 has looked and answers, at most $2 seconds.
answers() {
	program=$dir/versions/$1/poshealth
	name=$("$program" version 2>/dev/null)
	name=${name#poshealth }
	name=${name%% *}
	until=$(($(seconds) + $2))
	gone=0
	while [ "$gone" -lt 3 ] && [ "$(seconds)" -le "$until" ]; do
		said=$("$program" status --config "$config" --format json 2>/dev/null)
		case $said in *"\"agent\": \"$name\""*) return 0 ;; esac
		# Three times: between its start and its own command line lies a moment.
		if running; then gone=0; else gone=$((gone + 1)); fi
		sleep 1
	done
	if [ "$gone" = 0 ]; then why="it runs, but did not answer within $2 s"; else why='it ended by itself'; fi
	last_words
	[ -z "$words" ] || why="$why; its last words: $words"
	return 1
}

# last_words sets words to the last two lines of the log.
last_words() {
	words='' before=''
	[ -f "$dir/log" ] || return 0
	while read -r line; do
		before=$words words=$line
	done <"$dir/log"
	words="${before:+$before / }$words"
}

# accepts asks the program $1 about the configuration $2.
accepts() {
	"$1" config check "$2" >"$dir/out" 2>&1
}

# stage takes what lies in incoming into use, but for starting it: a whole program appears under its name by one rename.
stage() {
	settle
	incoming=$dir/incoming
	program=$dir/versions/$1/poshealth
	if [ -f "$incoming/poshealth" ]; then
		program=$incoming/poshealth
		chmod 755 "$program"
		"$program" version >"$dir/out" 2>&1 ||
			die "the program does not run here: $(cat "$dir/out"). If it says \"Permission denied\", nothing may be run from $dir: name another folder by --dir. If it says \"not executable\", its processor is another than the terminal says"
	fi
	file=$config
	if [ -f "$incoming/poshealth.toml" ]; then file=$incoming/poshealth.toml; fi
	accepts "$program" "$file" || die "version $1 refuses the configuration: $(cat "$dir/out")"
	sync
	if [ "$file" != "$config" ]; then mv -f "$file" "$config"; fi
	if [ -f "$incoming/terminal.sh" ]; then mv -f "$incoming/terminal.sh" "$dir/terminal.sh"; fi
	if [ "$program" = "$incoming/poshealth" ]; then
		mkdir -p "$dir/versions" "$incoming/version"
		mv -f "$program" "$incoming/version/poshealth"
		sync
		mv "$incoming/version" "$dir/versions/$1" || die "cannot put version $1 in its place"
	fi
	rm -r "$incoming"
	sync
}

# try starts version $1 in place of what runs, and goes back by itself where it does not answer within $2 seconds.
try() {
	read_current
	old=$current
	accepts "$dir/versions/$1/poshealth" "$config" ||
		die "version $1 refuses the configuration, and nothing was changed: $(cat "$dir/out")"
	stop || die "nothing was changed: $why"
	start "$1"
	if answers "$1" "$2"; then
		[ "$old" = "$1" ] && old=$previous
		write_current "$1" "$old" || die "version $1 runs, but cannot be noted: is the storage full?"
		prune "$1" "$old"
		echo "version $1 runs and answers${old:+; before it was $old}"
		return 0
	fi
	failed="version $1 failed: $why"
	stop
	[ "$1" = "$old" ] && die "$failed"
	[ "$1" = "$previous" ] || rm -r "$dir/versions/$1"
	[ -n "$old" ] || die "$failed. Nothing runs now; no other version is here to go back to"
	start "$old"
	answers "$old" "$2" || die "$failed. Version $old is back, but failed too: $why"
	echo "$failed. Version $old is back, and answers"
	return 4
}

# prune removes every version but two.
prune() {
	for folder in "$dir"/versions/*; do
		case ${folder##*/} in "$1" | "$2") ;; *) rm -r "$folder" ;; esac
	done
}

rollback() {
	read_current
	[ -f "$dir/versions/${previous:-none}/poshealth" ] || die 'there is no version before this one'
	try "$previous" "$1"
}

# configure puts incoming/poshealth.toml in the old one's place, and takes it back where the agent does not answer.
configure() {
	read_current
	[ -n "$current" ] || die 'nothing is installed'
	accepts "$dir/versions/$current/poshealth" "$dir/incoming/poshealth.toml" ||
		die "the configuration is refused, and the old one stays: $(cat "$dir/out")"
	if ! { cat "$config" >"$config.old" && sync && mv -f "$dir/incoming/poshealth.toml" "$config" && sync; }; then
		die 'cannot write the configuration: is the storage full?'
	fi
	stop || die "the new configuration is in place, but not in use: $why"
	start "$current"
	if answers "$current" "$1"; then
		echo "the new configuration is in use; the old one is poshealth.toml.old"
		return 0
	fi
	failed="with the new configuration the agent failed: $why"
	mv -f "$config.old" "$config"
	stop
	start "$current"
	answers "$current" "$1" || die "$failed. The old one is back, but the agent failed with it too: $why"
	echo "$failed. The old one is back in use"
	return 4
}

# settle waits for a switch that goes on after its cable was pulled, and clears up after one that a power cut ended.
settle() {
	patience=300
	while [ -d "$dir/lock" ] && [ "$patience" -gt 0 ]; do
		holder=''
		if [ -f "$dir/lock/pid" ]; then read -r holder <"$dir/lock/pid"; fi
		case "$holder:$(cat "/proc/$holder/cmdline" 2>/dev/null)" in
		[0-9]*terminal.sh*) ;;
		*)
			sleep 1 # between the folder and the number in it lies a moment
			if [ -n "$holder" ] || [ ! -f "$dir/lock/pid" ]; then rm -r "$dir/lock"; fi
			continue
			;;
		esac
		patience=$((patience - 1))
		sleep 1
	done
	[ ! -d "$dir/lock" ] || die 'another switch is under way on this terminal and does not end: restart the terminal'
}

# work does one of the above alone, and leaves what it has to say, with the exit code below it, in outcome.
work() {
	mkdir "$dir/lock" || die 'another switch has just begun on this terminal'
	echo $$ >"$dir/lock/pid"
	("$@") >"$dir/outcome.new" 2>&1
	echo "rc=$?" >>"$dir/outcome.new"
	mv -f "$dir/outcome.new" "$dir/outcome"
	rm -r "$dir/lock"
}

# surely has work done apart, and waits for the outcome.
surely() {
	settle
	rm -f "$dir/outcome"
	apart sh "$dir/terminal.sh" "$dir" work "$@" >"$dir/work.log" 2>&1 </dev/null &
	wait $!
	patience=300 # a setsid that makes a process of its own has returned early
	while [ ! -f "$dir/outcome" ] && [ -d "$dir/lock" ] && [ "$patience" -gt 0 ]; do
		patience=$((patience - 1))
		sleep 1
	done
	[ -f "$dir/outcome" ] || die "no outcome: $(cat "$dir/work.log")"
	code=1
	while read -r line; do
		case $line in
		rc=[0-9]*) code=${line#rc=} ;;
		*) echo "$line" ;;
		esac
	done <"$dir/outcome"
	return "$code"
}

# ask runs a command of the program. What it says aside comes after a line of its own: old adb has one stream for both.
ask() {
	read_current
	[ -n "$current" ] || die 'nothing is installed'
	verb=$1
	shift
	"$dir/versions/$current/poshealth" "$verb" --config "$config" "$@" 2>"$dir/err"
	code=$?
	if [ -s "$dir/err" ]; then
		echo '-- aside --'
		cat "$dir/err"
	fi
	return "$code"
}

restart() {
	read_current
	[ -n "$current" ] || die 'nothing is installed'
	try "$current" "$1"
}

logs() {
	for file in "$dir/log.1" "$dir/log"; do
		if [ -f "$file" ]; then cat "$file"; fi
	done
}

# uninstall says first that nothing is installed; then a cut leaves rubbish, never half a program that is believed in. It
# removes our own names and no others: whatever else lies in the folder is somebody's. The mark goes last, for what it marks
# must be gone by then.
uninstall() {
	[ -f "$mark" ] || [ "$0" = "$dir/terminal.sh" ] || die "$dir was not made by poshealth-adb"
	settle
	stop || die "$why"
	[ -f "$mark" ] || : >"$mark" # a kit of before there was one
	rm -f "$dir/current"
	for name in current.new versions incoming lock pid log log.1 out err outcome outcome.new work.log poshealth.toml.old terminal.sh; do
		if [ -e "$dir/$name" ] || [ -L "$dir/$name" ]; then rm -r "${dir:?}/$name" || return 1; fi
	done
	kept='state poshealth.toml .poshealth-adb'
	if [ "$1" != keep ]; then
		kept=''
		for name in state poshealth.toml .poshealth-adb; do
			if [ -e "$dir/$name" ] || [ -L "$dir/$name" ]; then rm -r "${dir:?}/$name" || return 1; fi
		done
	fi
	others=''
	for left in "$dir"/* "$dir"/.[!.]*; do
		[ -e "$left" ] || [ -L "$left" ] || continue
		case " $kept " in *" ${left##*/} "*) ;; *) others="$others ${left##*/}" ;; esac
	done
	[ -z "$others" ] || echo "not ours, and left in $dir:$others"
	[ -n "$kept$others" ] || rmdir "$dir"
}

case $command in
stage | settle | stop | ask | logs | uninstall) "$command" "$@" ;;
work) work "$@" ;;
try | rollback | configure | restart) surely "$command" "$@" ;;
*) die "no such command: $command" ;;
esac
