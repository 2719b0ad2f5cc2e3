#!/bin/sh
# The tests open the built pages in Chromium, which they drive by Playwright. Installs what is missing of the two
# where that is possible, and is silent otherwise: the tests themselves say what is missing.
browser() {
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        command -v "$name" >/dev/null 2>&1 && return
    done
    return 1
}

driver() {
    .venv/bin/python -m playwright --version >/dev/null 2>&1 # its Node.js needs libatomic1, which small systems lack
}

browser && driver && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium, in which the tests open the built pages."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium libatomic1 >/dev/null
fi
exit 0
