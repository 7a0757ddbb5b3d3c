#!/usr/bin/env bash
# Genre probabilities for every mp3 of a folder: `fma-genre predict` with the contract's
# defaults. Further arguments go to the program; exit codes and signals are the program's.
#
#   TEST_DIRECTORY  the folder (default /crowdai-payload; where that does not exist either,
#                   the clips in examples/ beside this script)
#   OUTPUT_PATH     the CSV (default /tmp/output.csv)
#
# One script for the container, where the program is installed, and for a checkout, where it
# is built first. Any working directory, any HOME or none, any copy or link of this file.
set -euo pipefail

installed=/usr/local/bin/fma-genre
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]:-$0}")")

say() { printf 'run.sh: %s\n' "$*" >&2; }

# Prints the path of cargo. A fresh rustup is often not on PATH yet.
find_cargo() {
    local home=${CARGO_HOME:-${HOME:-}/.cargo}
    command -v cargo || { [[ -x $home/bin/cargo ]] && echo "$home/bin/cargo"; }
}

# build_if_stale BINARY TARGET_DIR CARGO: leaves an up-to-date BINARY, using cargo only when
# it is missing or older than its sources.
build_if_stale() {
    local binary=$1 target_dir=$2 cargo=$3 newer
    if [[ ! -x $binary ]]; then
        say "no program yet: building it with cargo, this takes some minutes once"
    else
        newer=$(cd -- "$here" && find Cargo.toml Cargo.lock src models -type f \
            -newer "$binary" -print -quit 2>/dev/null) || true
        [[ -n $newer ]] || return 0
        say "$newer is newer than the program: building it again with cargo"
    fi
    (cd -- "$here" && "$cargo" build --release --locked --target-dir "$target_dir" >&2) &&
        touch -- "$binary" # cargo leaves the date alone when nothing had changed
}

# Prints the path of the program.
find_program() {
    local target_dir=${CARGO_TARGET_DIR:-$here/target} binary cargo
    [[ $target_dir == /* ]] || target_dir=$PWD/$target_dir
    binary=$target_dir/release/fma-genre
    if [[ -f $here/Cargo.toml ]]; then
        if cargo=$(find_cargo); then
            build_if_stale "$binary" "$target_dir" "$cargo" || return
            echo "$binary"
            return
        elif [[ -x $binary ]]; then
            echo "$binary"
            return
        fi
    fi
    if [[ -x $installed ]]; then
        echo "$installed"
    elif ! command -v fma-genre; then
        say "no fma-genre program here and no cargo to build it: install Rust from https://rustup.rs"
        return 1
    fi
}

program=$(find_program)

export OUTPUT_PATH="${OUTPUT_PATH:-/tmp/output.csv}"
if [[ -z ${TEST_DIRECTORY:-} && ! -e /crowdai-payload && -d $here/examples ]]; then
    TEST_DIRECTORY=$here/examples
    say "no TEST_DIRECTORY and no /crowdai-payload: default folder $TEST_DIRECTORY, CSV $OUTPUT_PATH"
fi
export TEST_DIRECTORY="${TEST_DIRECTORY:-/crowdai-payload}"

exec "$program" predict "$@"
