#!/usr/bin/env bash
# The report in a real browser: tests/browser/run.sh [PROGRAM]
# Installs Chromium and its driver on Debian if they are missing.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath -- "${1:-$here/../../target/release/fma-genre}")

if ! command -v chromedriver >/dev/null || ! command -v chromium >/dev/null; then
    sudo=$([[ $(id -u) == 0 ]] || echo sudo)
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        chromium chromium-driver fonts-dejavu-core >/dev/null
fi

log=$(mktemp)
chromedriver --port=0 >"$log" 2>&1 &
driver=$!
trap 'kill "$driver" 2>/dev/null; rm -f "$log"' EXIT
for _ in {1..100}; do
    port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$log")
    [[ -z $port ]] || break
    sleep 0.1
done
[[ -n $port ]] || { cat "$log" >&2; exit 1; }

# Two windows at a time: each is a browser of its own.
FMA_GENRE=$program WEBDRIVER=http://localhost:$port \
    cargo test --release --locked --manifest-path "$here/Cargo.toml" \
    --target-dir "$here/../../target/browser" -- --test-threads 2 --nocapture
