# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# Every way the image may be started. Each run must exit 0 and deliver the same CSV.

container=fma-genre-test-run

# start IMAGE OPTIONS... -- [COMMAND...]: runs to the end in a fresh container that stays for
# inspection. No network in any run. Status: the container's. Output: $work/stdout, and
# $work/output with the messages behind it (on a terminal both are one).
start() {
    local image=$1 options=() status=0
    shift
    while [[ ${1:-} != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    docker rm -f "$container" >/dev/null 2>&1 || true
    timeout 300 docker run --name "$container" --network none "${options[@]}" "$image" "$@" \
        >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    cat "$work/stdout" "$work/stderr" | tee "$work/output"
    return "$status"
}

# fetch PATH: copies a file out of the container, as the graders did after its exit.
fetch() {
    docker cp "$container:$1" - >"$work/copied.tar" || why "no $1 in the container"
    [[ $(tar -tvf "$work/copied.tar") == -* ]] || why "$1 is not a regular file"
    tar -xOf "$work/copied.tar" >"$work/output.csv"
}

# valid CSV FOLDER [OPTIONS]: the independent checker.
valid() { python3 "$root/container/check_csv.py" "$@" 2>&1 || why "$1 is not valid, see above"; }

# The last line of the program's messages.
summary_line() { tr -d '\r' <"$work/output" | grep -v '^[[:space:]]*$' | tail -n 1; }

# as_reference: the first CSV is the measure of all others.
as_reference() {
    valid "$work/output.csv" "$payload" --distinct 3
    [[ -f $work/reference.csv ]] || cp "$work/output.csv" "$work/reference.csv"
    cmp "$work/reference.csv" "$work/output.csv" || why "another CSV than in the first run"
}

# graded OPTIONS... -- COMMAND...: the run as the orchestrator does it.
graded() {
    start "${image:-$image_repo2docker}" "$@" || why "exit code $?: $(summary_line)"
    fetch /tmp/output.csv
    as_reference
    [[ $(summary_line) == *classified*fallback* ]] || why "no summary: $(summary_line)"
}

# graded_of IMAGE ...: the same for another image.
graded_of() {
    local image=$1
    shift
    graded "$@"
}

# The documented command to the letter, on a terminal.
on_terminal() {
    docker rm -f "$container" >/dev/null 2>&1 || true
    timeout 300 script -qefc "docker run -v $payload:/crowdai-payload \
        -e TEST_DIRECTORY=/crowdai-payload -e OUTPUT_PATH=/tmp/output.csv \
        --name $container -it $image_repo2docker /home/crowdai/run.sh" /dev/null \
        >"$work/output" </dev/null || why "exit code $?"
    cat "$work/output"
    fetch /tmp/output.csv
    as_reference
}

# kept DIR OPTIONS...: read-only root, the CSV in a bind mount.
kept() {
    local out=$1
    shift
    install -d -m 0777 "$out"
    start "$image_repo2docker" --read-only -v "$out:/out" -e OUTPUT_PATH=/out/new/result.csv \
        -v "$payload:/crowdai-payload:ro" "$@" -- || why "exit code $?: $(summary_line)"
    equal "files in the output folder" "$(cd "$out" && find . -type f)" ./new/result.csv
    cp "$out/new/result.csv" "$work/output.csv"
    as_reference
}

# in_tmpfs OPTIONS...: the CSV in memory vanishes with the container: print it before.
in_tmpfs() {
    start "$image_repo2docker" "$@" --read-only --tmpfs /tmp -v "$payload:/crowdai-payload:ro" -- \
        bash -c '/home/crowdai/run.sh >&2 && cat /tmp/output.csv' ||
        why "exit code $?: $(summary_line)"
    cp "$work/stdout" "$work/output.csv"
    as_reference
}

run_cases() {
    local in="$payload:/crowdai-payload" script=/home/crowdai/run.sh
    local both=(-e TEST_DIRECTORY=/crowdai-payload -e OUTPUT_PATH=/tmp/output.csv)

    case_of documented-command-on-a-terminal on_terminal
    case_of run-home-crowdai graded -v "$in" "${both[@]}" -- "$script"
    case_of run-home graded -v "$in" "${both[@]}" -- /home/run.sh
    case_of run-as-cmd graded -v "$in" "${both[@]}" --
    case_of run-bash-c-printenv graded -v "$in" "${both[@]}" -- \
        bash -c "printenv ; /home/crowdai/run.sh"
    case_of run-without-variables graded -v "$in" -- "$script"
    case_of run-empty-variables graded -v "$in" -e TEST_DIRECTORY= -e OUTPUT_PATH= -- "$script"
    case_of run-trailing-slash graded -v "$in" -e TEST_DIRECTORY=/crowdai-payload/ -- "$script"
    case_of run-other-directory graded -v "$payload:/data/test set" \
        -e "TEST_DIRECTORY=/data/test set" -- "$script"
    case_of run-read-only-payload graded -v "$in:ro" "${both[@]}" -- "$script"
    case_of run-tty graded -t -v "$in" "${both[@]}" -- "$script"
    case_of run-as-root graded --user 0 -v "$in" -- "$script"
    case_of run-as-nobody graded --user 65534:65534 -v "$in:ro" -- "$script"
    case_of run-any-cwd-no-home graded -w / -e HOME=/nowhere -v "$in" -- /home/run.sh
    case_of run-relative-script graded -w /home -v "$in" -- crowdai/run.sh
    case_of run-small-machine graded --memory 512m --memory-swap 512m --cpus 1 -v "$in:ro" -- \
        "$script"
    case_of run-five-jobs graded -v "$in" -- "$script" --jobs 5
    case_of run-other-user graded_of "$image_jovyan" -v "$in" -- "$script"
    case_of run-taken-uid graded_of "$image_taken" -v "$in" --
    case_of run-read-only-root-bind-mount kept "$work/out"
    case_of run-read-only-root-as-nobody kept "$work/out-nobody" --user 65534:65534
    case_of run-read-only-root-tmpfs in_tmpfs
    case_of run-without-any-privilege in_tmpfs --cap-drop ALL --security-opt no-new-privileges
}
