#!/bin/sh
# Checks the scripts that run in the page: their types by TypeScript, their habits by Biome, of the versions in
# package-lock.json. Where there is no Node.js, or no way to get the two, it says so; on GitHub it fails then.
cd "$(dirname "$0")" || exit 1
missing() {
    echo "The page's scripts are not checked: $1."
    [ -z "$GITHUB_ACTIONS" ]
    exit
}

command -v npm >/dev/null 2>&1 || missing "there is no Node.js with npm"
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund --silent --fetch-retries=1 --fetch-timeout=20000 || missing "npm cannot install what checks them"
fi
node_modules/.bin/tsc -p . && node_modules/.bin/biome lint --error-on-warnings ../../audiogan_lib/live/page/*.js ../../book/static/*.js
