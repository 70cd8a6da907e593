#!/usr/bin/env bash
# Puts the object stores that the specs run against into tmp/servers, and prints that folder; Google's is the suite's own.
# What cannot be had is told on stderr and listed in tmp/servers/missing: its specs are then skipped.
set -euo pipefail
source "$(dirname "$0")/tools.sh"

pins=spec/support/servers
folder=tmp/servers
mkdir -p "$folder"
: >"$folder/missing"

missing() { printf '%s\n' "$1" | tee -a "$folder/missing" >&2; }

# installed PIN STAMP INSTALL NAME: runs INSTALL unless it was done for this very PIN.
installed() {
  cmp -s "$1" "$2" && return 0
  if "$3" >"$folder/$4.log" 2>&1; then cp "$1" "$2"; else missing "$4 could not be installed ($folder/$4.log says why): its specs will be skipped."; fi
}

python_servers() {
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv" && "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins/requirements.txt"
}

# Debian's npm comes with some hundred packages, so it is fetched only where there is none.
azurite() {
  have npm || { have apt-get && as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends nodejs npm; } || return 1
  rm -rf "$folder/npm"
  mkdir -p "$folder/npm"
  cp "$pins/package.json" "$folder/npm/"
  (cd "$folder/npm" && npm install --no-audit --no-fund --ignore-scripts --no-package-lock)
}

have npm || say "Installing nodejs and npm through apt, for Azurite" >&2
installed "$pins/requirements.txt" "$folder/venv/requirements.txt" python_servers "ministack and SeaweedFS"
installed "$pins/package.json" "$folder/npm/installed.json" azurite "Azurite"
echo "$PWD/$folder"
