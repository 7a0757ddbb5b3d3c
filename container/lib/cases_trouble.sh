# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# Hostile payloads, refusals, signals, and too little time.

# refused STATUS TEXT ARGS...: ends with STATUS, says TEXT, leaves no CSV.
refused() {
    local wanted=$1 text=$2 status=0
    shift 2
    start "$image_repo2docker" "$@" || status=$?
    equal "exit code" "$status" "$wanted"
    grep -qi -- "$text" "$work/output" || why "nothing said about '$text': $(summary_line)"
    if docker cp "$container:/tmp/output.csv" - >/dev/null 2>&1; then why "there is a CSV"; fi
}

# hostile FOLDER OPTIONS...: a row for everything, whatever it is.
hostile() {
    local folder=$1
    shift
    start "$image_repo2docker" -v "$folder:/crowdai-payload:ro" "$@" -- /home/crowdai/run.sh ||
        why "exit code $?: $(summary_line)"
    fetch /tmp/output.csv
    valid "$work/output.csv" "$folder" --distinct 3
    ! grep -q $'\e\\[31m' "$work/output" || why "a file name injects escape codes into the messages"
}

# --strict turns fallback rows into exit code 2; the CSV is there all the same.
strict() {
    local status=0
    start "$image_repo2docker" -v "$payload:/crowdai-payload" -- /home/crowdai/run.sh --strict ||
        status=$?
    equal "exit code" "$status" 2
    fetch /tmp/output.csv
    as_reference
}

# Seconds between start and exit of the container, rounded up.
seconds_run() {
    docker inspect --format '{{.State.StartedAt}} {{.State.FinishedAt}}' "$container" |
        python3 -c 'import sys, math, datetime as d
start, end = (d.datetime.fromisoformat(t[:19]) for t in sys.stdin.read().split())
print(math.ceil((end - start).total_seconds()))'
}

# deadline SECONDS OPTIONS...: all rows in time, and the summary says how many are guesses.
deadline() {
    local limit=$1 seconds line
    shift
    start "$image_repo2docker" -v "$crowd:/crowdai-payload:ro" "$@" ||
        why "exit code $?: $(summary_line)"
    seconds=$(seconds_run)
    fetch /tmp/output.csv
    # One clip in many copies: one prediction where reached, one prior where not.
    valid "$work/output.csv" "$crowd" --distinct 2
    ((seconds <= limit + 1)) || why "$seconds s with a deadline of $limit s"
    line=$(summary_line)
    tell "deadline of $limit s, ended after $seconds s: ${line# *INFO }"
    grep -Eq '[1-9][0-9]* (files? )?not reached' <<<"$line" || why "files not reached are not counted: $line"
}

# interrupted SIGNAL STATUS GRACE: ends within GRACE seconds with STATUS; no CSV or a whole one,
# and with grace nothing else either.
interrupted() {
    local signal=$1 wanted=$2 begin left
    docker rm -f "$container" >/dev/null 2>&1 || true
    docker run -d --name "$container" --network none -v "$crowd:/crowdai-payload:ro" \
        "$image_repo2docker" /home/crowdai/run.sh >/dev/null
    sleep 2
    equal "state after 2 s" "$(docker inspect --format '{{.State.Status}}' "$container")" running
    begin=$SECONDS
    if [[ $signal == TERM ]]; then
        docker stop -t 20 "$container"
    else
        docker kill --signal "$signal" "$container"
    fi
    timeout 30 docker wait "$container" >/dev/null
    ((SECONDS - begin <= 3)) || why "it took $((SECONDS - begin)) s to end"
    equal "exit code" "$(docker inspect --format '{{.State.ExitCode}}' "$container")" "$wanted"

    if docker cp "$container:/tmp/output.csv" - >"$work/copied.tar" 2>/dev/null; then
        tar -xOf "$work/copied.tar" >"$work/output.csv"
        valid "$work/output.csv" "$crowd"
    fi
    [[ $signal == KILL ]] && return
    left=$(docker diff "$container" | grep -E '^A' | grep -v ' /tmp/output.csv$' || true)
    equal "files left behind" "$left" ''
}

# The checker itself must notice what it is there for.
checker_notices() {
    local edit
    valid "$work/reference.csv" "$payload" --distinct 3
    # shellcheck disable=SC2016 # sed's $, not the shell's
    for edit in '1s/Blues/Bluez/' '2d' '2s/^/x/' '$p' '2s/0\.[0-9]*/nan/' '2s/0\.[0-9]*/-0.1/' \
        '2s/0\.[0-9]*/0.9999/' '2s/,[^,]*$//' '2s/^[^,]*/&.mp3/' '2{h;d};3G'; do
        sed "$edit" "$work/reference.csv" >"$work/damaged.csv"
        ! python3 "$root/container/check_csv.py" "$work/damaged.csv" "$payload" 2>/dev/null ||
            why "a CSV after sed '$edit' passes"
    done
}

trouble_cases() {
    local in="$payload:/crowdai-payload" script=/home/crowdai/run.sh empty=$work/empty
    mkdir -p "$empty"

    case_of checker-notices checker_notices
    case_of no-payload-is-an-error refused 1 mp3 -- "$script"
    case_of empty-payload-is-an-error refused 1 mp3 -v "$empty:/crowdai-payload" -- "$script"
    case_of missing-directory-is-an-error refused 1 /no/such -e TEST_DIRECTORY=/no/such -- "$script"
    case_of bad-option-is-an-error refused 1 --no-such-option -v "$in" -- "$script" --no-such-option
    case_of bad-deadline-is-an-error refused 1 soon -v "$in" -e FMA_GENRE_DEADLINE=soon -- "$script"
    case_of unwritable-output-is-an-error refused 1 /tmp --read-only -v "$in" -- "$script"
    case_of strict-exits-with-2 strict

    case_of hostile-files hostile "$hostile"
    case_of hostile-files-small-machine hostile "$hostile" --memory 512m --memory-swap 512m --cpus 1
    case_of hostile-files-as-nobody hostile "$hostile" --user 65534:65534
    if [[ -d $shared/hostile-mp3 ]]; then
        make_collection "$work/collection"
        case_of hostile-collection hostile "$work/collection" --memory 512m --memory-swap 512m
    else
        note "hostile-collection skipped: no $shared/hostile-mp3 (FMA_GENRE_SHARED)"
    fi

    case_of deadline-variable deadline 6 -e FMA_GENRE_DEADLINE=6s -- "$script"
    case_of deadline-option deadline 6 -- "$script" --deadline 6s
    case_of signal-term-docker-stop interrupted TERM 143
    case_of signal-int interrupted INT 130
    case_of signal-kill interrupted KILL 137
}
