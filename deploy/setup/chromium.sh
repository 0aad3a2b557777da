#!/bin/sh
# The browser tests need Chromium, and Playwright's own Node needs libatomic: takes what is there, else installs
# Debian's packages when it may, else says what to do.
set -eu

has_chromium() {
    for name in "${PALIER_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

driver_runs() {
    "${VENV:-.venv}"/lib/python3*/site-packages/playwright/driver/node --version >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

packages=
has_chromium || packages="chromium fonts-liberation"
driver_runs || packages="$packages libatomic1"
if [ -z "$packages" ]; then exit 0; fi

if command -v apt-get >/dev/null; then
    echo "Installing for the browser tests: $packages"
    as_root sh -c "apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages" >/dev/null || true
fi
if has_chromium && driver_runs; then exit 0; fi
cat >&2 <<TEXT
The browser tests need what could not be installed here. Run:
    sudo apt-get install $packages
or point PALIER_CHROMIUM at a Chromium or Chrome you have, then make test again.
TEXT
exit 1
