#!/usr/bin/env bash
# Installs the original Python library for the interoperability tests: bash tests/interop/install.sh
#
# PYTHON                  the interpreter to use (default: the first of python3.11 … python3 that is 3.11 or newer)
# POSTHOUSE_PYTHON_PEERS  where the virtual environment goes (default: .cache/python-peers in the repository)
#
# Safe to run again: it does nothing when the environment already matches requirements.txt.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements="$here/requirements.txt"
venv=${POSTHOUSE_PYTHON_PEERS:-"$(cd "$here/../.." && pwd)/.cache/python-peers"}
stamp="$venv/requirements.sha256"

fail() {
  echo "tests/interop/install.sh: $*" >&2
  exit 1
}

suits() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    suits "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer with the venv module"
    echo "$PYTHON"
    return
  fi
  for candidate in python3.11 python3.12 python3.13 python3 python; do
    if suits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  fail "found no Python 3.11 or newer with the venv module; install one or set PYTHON"
}

venv_python() {
  if [ -e "$venv/bin/python" ]; then echo "$venv/bin/python"; else echo "$venv/Scripts/python.exe"; fi
}

python=$(find_python)
wanted=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$requirements")

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && "$(venv_python)" -c '' 2>/dev/null; then
  echo "python peers are up to date"
  exit 0
fi

if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
  fail "$venv is not a virtual environment; remove it or choose another POSTHOUSE_PYTHON_PEERS"
fi
"$python" -m venv --clear "$venv" || fail "could not make a virtual environment in $venv"
# Of what is installed the tests load a small part; that is compiled here, by loading it, whatever the environment says.
export PYTHONDONTWRITEBYTECODE=
"$(venv_python)" -m pip install --no-compile --quiet --disable-pip-version-check --no-input --no-deps -r "$requirements" ||
  fail "pip could not install requirements.txt (see above); nothing was marked as installed"
"$(venv_python)" "$here/original.py" || fail "the library was installed but cannot be imported (see above)"
"$(venv_python)" -c 'import moto.server, moto.s3.responses, socketio, websocket' ||
  fail "moto or python-socketio was installed but cannot be imported (see above)"
printf '%s\n' "$wanted" >"$stamp"
