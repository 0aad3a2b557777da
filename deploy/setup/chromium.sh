#!/bin/sh
# The browser tests need Chromium: takes the system's, else installs Debian's when it may, else says what to do.
set -eu

for name in "${PALIER_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

if command -v apt-get >/dev/null && as_root sh -c \
    'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core'; then
    exit 0
fi
cat >&2 <<'TEXT'
The browser tests need Chromium and it could not be installed.
Run:  sudo apt-get install chromium
or point PALIER_CHROMIUM at a Chromium or Chrome you have, then `make test` again.
TEXT
exit 1
