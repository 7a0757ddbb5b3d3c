# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# The container engine and repo2docker: whatever is missing is installed, and a daemon that
# this script started is stopped by its pid. One that ran already is left alone.

dockerd_pid=

# The last release that uses the classic builder, as the challenge's did; later ones need buildx.
repo2docker_release=2024.7.0
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/fma-genre-container

# apt PACKAGE...: installs what is missing, if this machine lets us.
apt() {
    ((EUID == 0)) && command -v apt-get >/dev/null || return 1
    note "installing $*"
    apt-get update -q >>"$work/logs/apt" 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" \
        >>"$work/logs/apt" 2>&1
}

# start_engine: leaves a docker that answers, or prints why there is none and returns 1.
start_engine() {
    export DOCKER_BUILDKIT=0 # the classic builder, as in the contract
    docker info >/dev/null 2>&1 && return
    ((EUID == 0)) || {
        echo "no docker engine answers, and only root can start one"
        return 1
    }
    # One at a time: given several names, `command -v` is content with any of them, and a client
    # without an engine is common.
    { command -v dockerd && command -v docker; } >/dev/null || apt docker.io iptables || {
        echo "no docker engine here, and it cannot be installed (see $work/logs/apt)"
        return 1
    }
    note "starting dockerd"
    setsid dockerd >"$work/logs/dockerd" 2>&1 &
    dockerd_pid=$!
    for _ in {1..60}; do
        docker info >/dev/null 2>&1 && return
        kill -0 "$dockerd_pid" 2>/dev/null || break
        sleep 0.5
    done
    echo "dockerd does not start: $(tail -n 1 "$work/logs/dockerd")"
    return 1
}

stop_engine() {
    [[ -n $dockerd_pid ]] || return 0
    kill "$dockerd_pid" 2>/dev/null || return 0
    wait "$dockerd_pid" 2>/dev/null || true
}

# repo2docker ARGS: from a virtual environment that later runs find again.
repo2docker() {
    local venv=$cache/repo2docker-$repo2docker_release
    if [[ ! -x $venv/bin/repo2docker ]]; then
        note "installing repo2docker $repo2docker_release into $venv"
        python3 -m venv "$venv" 2>/dev/null || {
            apt python3-venv
            python3 -m venv "$venv"
        }
        "$venv/bin/pip" install -q "jupyter-repo2docker==$repo2docker_release"
    fi
    "$venv/bin/repo2docker" "$@"
}
