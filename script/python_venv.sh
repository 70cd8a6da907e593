#!/usr/bin/env bash
# Makes tmp/venv with the Python packages that the interop specs compare with, and prints the path of its Python.
# Prints nothing, and says why on stderr, where they cannot be had: those specs are then skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=spec/interop/requirements.txt
stamp=tmp/venv/requirements.txt
python=tmp/venv/bin/python

if ! cmp -s "$wanted" "$stamp"; then
  rm -rf tmp/venv
  mkdir -p tmp
  if ! { python3 -m venv tmp/venv && "$python" -m pip install --quiet --disable-pip-version-check -r "$wanted"; } >tmp/venv.log 2>&1; then
    echo "The Python packages of $wanted could not be installed: the interop specs will be skipped. tmp/venv.log says why." >&2
    exit 0
  fi
  cp "$wanted" "$stamp"
fi
echo "$PWD/$python"
