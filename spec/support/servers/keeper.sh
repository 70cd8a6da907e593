#!/bin/sh
# Runs a server until standard input ends, which it does however the suite ends: keeper.sh FOLDER COMMAND...
# Then the server and all that it has started are ended, and FOLDER is deleted. It leads a process group of its own.
folder="$1"
shift
cd "$folder" || exit 1
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
while read -r _; do :; done
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$folder"
kill -KILL 0
