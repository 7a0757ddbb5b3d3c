#!/usr/bin/env bash
# shellcheck disable=SC2034,SC2154 # variables shared with the parts in lib/
# Builds the image as the orchestrator does, with repo2docker, and with plain docker, and runs
# it in every way the contract allows. One line per case, "N passed, N failed" at the end.
#
#   container/test.sh [--skip-without-docker] [--keep]
#
# --skip-without-docker  where no engine can be had, say so and exit 0 (otherwise: a failure)
# --keep                 keep the scratch folder with the logs
#
# FMA_GENRE_SHARED       a folder with hostile-mp3/*.mp3 (default ../shared); skipped if absent
# FMA_GENRE_DEBIAN_MIRROR  where debootstrap gets Debian if the base images cannot be pulled
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
shared=${FMA_GENRE_SHARED:-$root/../shared}
skip_without_docker=false keep=false
for argument in "$@"; do
    case $argument in
        --skip-without-docker) skip_without_docker=true ;;
        --keep) keep=true ;;
        *)
            sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
            exit 64
            ;;
    esac
done

# Containers run as other users: their mounts must be reachable.
work=$(mktemp -d)
chmod 0755 "$work"
mkdir "$work/logs"
context=$work/context payload=$work/payload hostile=$work/hostile crowd=$work/crowd

for part in report engine bases build payload cases_script cases_image cases_run cases_trouble; do
    # shellcheck source=/dev/null
    source "$root/container/lib/$part.sh"
done

finish() {
    docker rm -f "$container" >/dev/null 2>&1 || true
    stop_engine
    if $keep || ((failed > 0)); then note "logs: $work"; else rm -rf "$work"; fi
}
trap finish EXIT

script_cases

if ! start_engine >"$work/no-engine"; then
    if $skip_without_docker; then
        note "container cases skipped: $(<"$work/no-engine")"
    else
        case_of engine why "$(<"$work/no-engine")"
    fi
    summary
    exit
fi

make_bases() { provide_bases >"$work/no-bases" || why "$(<"$work/no-bases")"; }
case_of base-images make_bases

note "building"
export_context "$context"
# One build after the other: a failed one would only fail again.
build_case() { ((failed > 0)) || case_of "$@"; }
build_case build-repo2docker build_repo2docker
build_case build-plain-docker build_plain "$image_plain"
build_case build-other-user build_plain "$image_jovyan" \
    --build-arg NB_USER=jovyan --build-arg NB_UID=1000
build_case build-taken-uid build_plain "$image_taken" \
    --build-arg NB_USER=www-data --build-arg NB_UID=33
if ((failed == 0)); then
    make_payload "$payload"
    make_hostile "$hostile"
    make_crowd "$crowd" 3000
    image_cases
    run_cases
    trouble_cases
fi
summary
