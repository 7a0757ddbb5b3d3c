# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# Folders of mp3s for the containers, readable by any uid as the orchestrator's are.

# make_payload DIR: two clips and a file without audio, for the many short runs.
make_payload() {
    mkdir "$1"
    find "$root/examples" -name '*.mp3' -printf '%s %p\n' | sort -n | head -n 2 |
        while read -r _ clip; do cp "$clip" "$1/"; done
    : >"$1/empty.mp3"
    chmod -R a+rX "$1"
}

# make_crowd DIR COUNT: more clips than any machine can classify in a few seconds.
make_crowd() {
    local clip
    mkdir "$1"
    clip=$(find "$root/examples" -name '*.mp3' -printf '%s %p\n' | sort -n | tail -n 1)
    cp "${clip#* }" "$1/000000.mp3"
    chmod -R a+rX "$1"
    # Links, not copies: no space, no time.
    (
        cd "$1" || exit
        for number in $(seq -f '%06.0f' 1 "$(($2 - 1))"); do ln 000000.mp3 "$number.mp3"; done
    )
}

# make_hostile DIR: what a payload must not be, and one clip to show that the rest is served.
make_hostile() {
    local clip
    clip=$(find "$root/examples" -name '*.mp3' | sort | head -n 1)
    mkdir -p "$1"/{sub/deeper,folder.mp3,other}
    cp "$clip" "$1/clip.mp3"
    : >"$1/empty.mp3"
    printf 'no music, only words\n' >"$1/text.mp3"
    head -c 5000 "$clip" >"$1/truncated.mp3"
    tail -c +3000 "$clip" >"$1/sub/deeper/starts in mid-stream.MP3"
    head -c 200000 /dev/zero >"$1/zeros.mp3"
    cp "$clip" "$1/"$'new\nline.mp3'
    cp "$clip" "$1/"$'\e[31mred\a.mp3'
    cp "$clip" "$1/comma, \"quotes\" and 'more'.mp3"
    cp "$clip" "$1/"$'not utf-8 \xff\xfe.mp3'
    cp "$clip" "$1/=1+1.mp3"
    cp "$clip" "$1/-o.mp3"
    cp "$clip" "$1/.mp3" # no name but the ending: not an mp3
    cp "$clip" "$1/sub/same.mp3"
    cp "$clip" "$1/other/same.mp3"
    cp "$clip" "$1/._clip.mp3" # a macOS companion: not an mp3
    ln -s clip.mp3 "$1/link.mp3"
    ln -s nowhere "$1/dangling.mp3"
    ln -s .. "$1/sub/loop"
    mkfifo "$1/pipe.mp3" # reading it would wait for ever
    chmod -R a+rX "$1"
    cp "$clip" "$1/unreadable.mp3"
    chmod 000 "$1/unreadable.mp3"
}

# make_collection DIR: the damaged and odd files of a folder that is not part of the project.
make_collection() {
    mkdir "$1"
    cp "$shared"/hostile-mp3/*.mp3 "$1/"
    chmod -R a+rX "$1"
}
