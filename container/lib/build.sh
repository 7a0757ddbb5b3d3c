# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# The build context and the images.

# shellcheck disable=SC2034 # for the cases
image_repo2docker=fma-genre-test:repo2docker image_plain=fma-genre-test:plain
image_jovyan=fma-genre-test:jovyan image_taken=fma-genre-test:taken-uid

# export_context DIR: what a clone of the work tree would hold, in the worst state a checkout
# can have: a umask of 077, and files around that must not reach the image.
export_context() {
    local to=$1
    mkdir "$to"
    if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        (cd "$root" && git ls-files -z --cached --others --exclude-standard |
            while IFS= read -r -d '' file; do
                [[ ! -e $file ]] || printf '%s\0' "$file"
            done) |
            tar -C "$root" -c --null --verbatim-files-from -T - | tar -C "$to" -x
    else
        tar -C "$root" -c --exclude=./target --exclude=./data . | tar -C "$to" -x
    fi
    mkdir -p "$to"/{.git,target/release,data,docs/__pycache__}
    touch "$to"/{.git,target/release,data,docs/__pycache__}/stowaway
    chmod -R go= "$to"
}

build_repo2docker() {
    # It would reuse an image of that name without a word.
    docker image rm -f "$image_repo2docker" >/dev/null 2>&1 || true
    repo2docker --no-run --user-id 1001 --user-name crowdai \
        --image-name "$image_repo2docker" --debug "$context"
    docker image inspect "$image_repo2docker" >/dev/null
}

# build_plain TAG [OPTIONS]
build_plain() {
    local tag=$1
    shift
    docker build --tag "$tag" "$@" "$context"
}

# The size on top of the base image, in MB (10^6 bytes).
size_beyond_base() {
    local base whole
    base=$(docker image inspect --format '{{.Size}}' "$(runtime_base)")
    whole=$(docker image inspect --format '{{.Size}}' "$1")
    echo $(((whole - base + 999999) / 1000000))
}

runtime_base() {
    awk 'toupper($1) == "FROM" { base = $2 } END { print base }' "$root/Dockerfile"
}

# In a build of the same sources nothing but repo2docker's labels may differ.
same_layers() {
    local one other
    one=$(docker image inspect --format '{{json .RootFS.Layers}}' "$1")
    other=$(docker image inspect --format '{{json .RootFS.Layers}}' "$2")
    [[ $one == "$other" ]] || why "the layers of $1 and $2 differ"
}
