#!/bin/sh
# The tests open the built pages in Chromium, which they drive by Playwright, and controls in Firefox, too. Installs what
# is missing where that is possible, and is silent otherwise: the tests themselves say what is missing.
browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        command -v "$name" >/dev/null 2>&1 && return
    done
    return 1
}

driver() {
    .venv/bin/python -m playwright --version >/dev/null 2>&1 # its Node.js needs libatomic1, which small systems lack
}

fox() { # by another name than the program, which `command` would take it for
    command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1
}

browser && driver && fox && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the browsers in which the tests open pages."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    browser && driver || apt-get install -y -qq --no-install-recommends chromium libatomic1 >/dev/null
    # Debian has it by this name; Ubuntu brings its own.
    fox || apt-get install -y -qq --no-install-recommends firefox-esr >/dev/null 2>&1
fi
exit 0
