# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# Cases: one line each, and the counts at the end.

passed=0
failed=0

# note TEXT: progress, on stderr, so that stdout holds the cases only.
note() { printf -- '-- %s\n' "$*" >&2; }

# why TEXT: ends a case with its reason.
why() {
    printf '%s\n' "$*" >"$work/why"
    exit 1
}

# tell TEXT: a figure worth a line in the log behind its case.
tell() { printf '%s\n' "$*" >>"$work/told"; }

# case_of NAME FUNCTION [ARGS]: runs FUNCTION in a subshell; the first failing command or `why`
# fails the case. Everything it prints goes to $work/logs/NAME, shown only for a failure.
case_of() {
    local name=$1 log=$work/logs/$1 status=0 reason
    shift
    rm -f "$work/why" "$work/told"
    set +e
    (
        set -euo pipefail
        "$@"
    ) >"$log" 2>&1
    status=$?
    set -e
    if ((status == 0)); then
        passed=$((passed + 1))
        printf 'ok %s\n' "$name"
        [[ ! -f $work/told ]] || note "$(<"$work/told")"
        return
    fi
    failed=$((failed + 1))
    if [[ -s $work/why ]]; then
        reason=$(<"$work/why")
    else
        reason="exit code $status: $(tail -n 1 "$log")"
    fi
    printf 'FAIL %s: %s\n' "$name" "${reason//$'\n'/; }"
    tail -n 40 "$log" | sed 's/^/   | /' >&2
}

# summary: the last line of the log; its status is the script's.
summary() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0 && passed > 0))
}

# equal WHAT FOUND WANTED
equal() { [[ $2 == "$3" ]] || why "$1 is '$2', not '$3'"; }
