#!/bin/sh
# Installs the front-end parts named in package-lock.json, as they are, into the portal's static folder.
# Uses the system's npm; where there is none, the one from the wheel in requirements/node.txt.
set -eu

venv=${VENV:-.venv}
pip=${PIP:-python3 -m pip --python $venv/bin/python}
vendor=services/portal/static/vendor

if command -v npm >/dev/null 2>&1; then
    npm=npm
else
    [ -x "$venv/bin/npm" ] || $pip install --quiet --require-hashes -r requirements/node.txt
    PATH="$(cd "$venv/bin" && pwd):$PATH"
    npm=$venv/bin/npm
fi
"$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error

rm -rf "$vendor"
mkdir -p "$vendor"
cp node_modules/htmx.org/dist/htmx.min.js "$vendor"
cp node_modules/uplot/dist/uPlot.iife.min.js node_modules/uplot/dist/uPlot.min.css "$vendor"
cp node_modules/htmx.org/LICENSE "$vendor/htmx.LICENSE"
cp node_modules/uplot/LICENSE "$vendor/uPlot.LICENSE"
