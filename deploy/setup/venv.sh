#!/bin/sh
# Makes .venv. Debian's python3 has no ensurepip unless python3-venv is there, so the environment is made
# without pip and filled by whichever pip the system has (`pip --python`); prints the command to use.
set -eu

python=${PYTHON:-python3}
venv=${VENV:-.venv}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Palier needs Python 3.11 or later: $("$python" --version) is too old. Set PYTHON=/path/to/python3." >&2
    exit 1
}
[ -x "$venv/bin/python" ] || "$python" -m venv --without-pip "$venv"

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "$venv/bin/python -m pip"
elif "$python" -m pip --version >/dev/null 2>&1; then
    echo "$python -m pip --python $venv/bin/python"
elif "$venv/bin/python" -m ensurepip --version >/dev/null 2>&1; then
    "$venv/bin/python" -m ensurepip >&2
    echo "$venv/bin/python -m pip"
elif command -v apt-get >/dev/null && as_root sh -c \
    'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-pip' >&2 &&
    /usr/bin/python3 -m pip --version >/dev/null 2>&1; then
    echo "/usr/bin/python3 -m pip --python $venv/bin/python"
else
    echo "No pip found. Run: sudo apt-get install python3-pip" >&2
    exit 1
fi
