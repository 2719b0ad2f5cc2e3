#!/bin/sh
# The tests open the built pages in Chromium. Installs Debian's package where that is possible, and is silent otherwise:
# the tests themselves say what is missing.
for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium, in which the tests open the built pages."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
exit 0
