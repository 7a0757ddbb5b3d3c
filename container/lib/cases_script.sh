# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# run.sh in a checkout, with a cargo that only pretends, so that its decisions show at once.

# make_checkout DIR: run.sh, a few sources, a clip, and a pretended cargo in DIR/bin whose
# program prints what it was given, and its pid.
make_checkout() {
    rm -rf "$1"
    mkdir -p "$1"/{src,models,examples,bin,elsewhere}
    cp -p "$root/run.sh" "$1/"
    touch "$1"/{Cargo.toml,Cargo.lock,src/main.rs,models/model.onnx,examples/clip.mp3}
    cat >"$1/bin/cargo" <<'EOF'
#!/bin/bash
[[ "$*" == "build --release --locked --target-dir "* ]] || exit 99
[[ -z ${CARGO_FAILS:-} ]] || exit 101
mkdir -p "$5/release"
echo "built in $PWD" >&2
cat >"$5/release/fma-genre" <<'EOP'
#!/bin/bash
echo "pid $$ directory $TEST_DIRECTORY output $OUTPUT_PATH arguments $*"
exit "${PROGRAM_EXITS:-0}"
EOP
chmod 755 "$5/release/fma-genre"
EOF
    chmod 755 "$1/bin/cargo"
}

checkout=
# clean_run VARIABLES... COMMAND: without this machine's environment.
clean_run() { env -i PATH="$checkout/bin:/usr/bin:/bin" "$@" 2>&1; }

script_builds_when_needed() {
    make_checkout "$checkout"
    clean_run "$checkout/run.sh" >"$work/first"
    grep "built in $checkout\$" "$work/first" || why "a fresh checkout is not built"
    clean_run "$checkout/run.sh" >"$work/second"
    ! grep -q built "$work/second" || why "built again without need"
    sleep 0.1
    touch "$checkout/models/model.onnx"
    clean_run "$checkout/run.sh" >"$work/third"
    grep 'models/model.onnx is newer' "$work/third" || why "a newer model is missed"
    rm "$checkout/target/release/fma-genre"
    ! clean_run CARGO_FAILS=1 "$checkout/run.sh" || why "a failed build passes"
}

script_defaults() {
    local line
    make_checkout "$checkout"
    [[ ! -e /crowdai-payload ]] || return 0
    cd "$checkout/elsewhere" || exit
    clean_run ../run.sh >"$work/first"
    grep "default folder $checkout/examples, CSV /tmp/output.csv" "$work/first" ||
        why "the CSV's place is not announced"
    line=$(tail -n 1 "$work/first")
    equal "the call" "${line#pid * }" \
        "directory $checkout/examples output /tmp/output.csv arguments predict"
    line=$(clean_run TEST_DIRECTORY=/a/ OUTPUT_PATH=/b.csv ../run.sh --jobs 2 'x y')
    equal "the call" "${line#pid * }" "directory /a/ output /b.csv arguments predict --jobs 2 x y"
}

script_replaces_itself() {
    local pid status=0
    make_checkout "$checkout"
    clean_run "$checkout/run.sh" >/dev/null
    (exec env -i PATH="$checkout/bin:/usr/bin:/bin" "$checkout/run.sh") >"$work/first" &
    pid=$!
    wait "$pid"
    grep "^pid $pid " "$work/first" || why "the program is a child of the script"
    clean_run PROGRAM_EXITS=2 "$checkout/run.sh" || status=$?
    equal "exit code" "$status" 2
}

script_through_links() {
    make_checkout "$checkout"
    ln -s ../run.sh "$checkout/elsewhere/link.sh"
    cp "$checkout/run.sh" "$checkout/elsewhere/copy.sh"
    clean_run "$checkout/elsewhere/link.sh" >"$work/first"
    grep "built in $checkout\$" "$work/first" || why "a link is lost"
    # A copy without a checkout around it finds the program on PATH.
    mv "$checkout/target/release/fma-genre" "$checkout/bin/"
    clean_run TEST_DIRECTORY=/a "$checkout/elsewhere/copy.sh" >"$work/first"
    grep 'directory /a' "$work/first" ||
        why "a copy does not find the program on PATH"
    rm "$checkout"/bin/*
    if [[ ! -e /usr/local/bin/fma-genre ]]; then
        ! clean_run "$checkout/elsewhere/copy.sh" >"$work/first" || why "no program, no error"
        grep rustup.rs "$work/first" || why "no advice how to get the program"
    fi
}

script_cases() {
    checkout=$work/checkout
    case_of script-builds-when-needed script_builds_when_needed
    case_of script-defaults script_defaults
    case_of script-replaces-itself script_replaces_itself
    case_of script-through-links script_through_links
}
