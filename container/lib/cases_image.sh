# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# What the built image holds and promises before it runs.

# inspect IMAGE FORMAT
inspect() { docker image inspect --format "$2" "$1"; }

# in_image IMAGE COMMAND: a shell command as root, without network.
in_image() { docker run --rm --network none --user root "$1" bash -euc "$2"; }

configuration() {
    equal ENTRYPOINT "$(inspect "$1" '{{json .Config.Entrypoint}}')" null
    equal CMD "$(inspect "$1" '{{json .Config.Cmd}}')" '["/home/crowdai/run.sh"]'
    equal WORKDIR "$(inspect "$1" '{{.Config.WorkingDir}}')" /home/crowdai
    equal USER "$(inspect "$1" '{{.Config.User}}')" "$2"
    inspect "$1" '{{range .Config.Env}}{{println .}}{{end}}' |
        grep -qx 'FMA_GENRE_DEADLINE=9h30m' || why "no deadline of 9h30m in the environment"
}

layout() {
    local found
    found=$(in_image "$1" "stat -c '%F %a %u %n' /home/run.sh /home/crowdai/run.sh \
        /usr/local/bin/fma-genre /home/crowdai /crowdai-payload")
    equal layout "$found" "regular file 755 0 /home/run.sh
regular file 755 0 /home/crowdai/run.sh
regular file 755 0 /usr/local/bin/fma-genre
directory 755 $2 /home/crowdai
directory 755 0 /crowdai-payload"
    in_image "$1" 'cmp /home/run.sh /home/crowdai/run.sh; ! grep -q $'"'\r'"' /home/run.sh' ||
        why "the two copies of run.sh differ or have CR line ends"
    in_image "$1" 'command -v bash env printenv' >/dev/null || why "no bash on PATH"
}

# All of the repository, none of what .dockerignore names, readable by anybody.
repository_content() {
    local unreadable
    (cd "$context" && find . -type f ! -name stowaway ! -path './output*.csv' | sort) >"$work/wanted"
    in_image "$1" 'cd /home/crowdai && find . -type f ! -path "./output*.csv" | sort' >"$work/found"
    diff "$work/wanted" "$work/found" || why "/home/crowdai is not the repository"
    unreadable=$(in_image "$1" \
        'find /home/crowdai ! -perm -o=r -o -type d ! -perm -o=x | head -n 3')
    equal unreadable "$unreadable" ''
    [[ ! -e $context/binder && ! -e $context/.binder ]] ||
        why "a binder folder makes repo2docker ignore the Dockerfile"
}

stripped_program() {
    in_image "$1" 'cat /usr/local/bin/fma-genre' >"$work/program"
    if command -v readelf >/dev/null; then
        ! readelf -S "$work/program" | grep -Eq '\.(symtab|debug_info)' || why "not stripped"
    fi
    in_image "$1" '! ldd /usr/local/bin/fma-genre | grep "not found"' || why "a library is missing"
}

# The list in apt.txt is what the libraries need, and is installed.
apt_list() {
    # shellcheck disable=SC2016 # for the shell in the container
    in_image "$1" 'sed "s/#.*//" /home/crowdai/apt.txt | xargs dpkg-query -W
        ldd /usr/local/bin/fma-genre | grep -o "/[^ ]*" | xargs readlink -f |
            while read -r library; do
                package=$(dpkg-query -S "*${library##*/}" | head -n 1)
                grep -q "^${package%%:*} " /home/crowdai/apt.txt || { echo "$package"; exit 1; }
            done'
}

size() {
    local megabytes
    megabytes=$(size_beyond_base "$1")
    tell "the image is $megabytes MB larger than $(runtime_base)"
    ((megabytes > 1 && megabytes <= 150)) || why "$megabytes MB beyond the base, at most 150 wanted"
}

# The script in the repository is executable for everybody who clones it.
mode_in_git() {
    git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1 || return 0
    equal "git mode" "$(git -C "$root" ls-files -s run.sh | cut -d ' ' -f 1)" 100755
    equal "git attribute" "$(git -C "$root" check-attr eol run.sh)" 'run.sh: eol: lf'
    ! grep -q $'\r' "$root/run.sh" || why "CR line ends"
}

image_cases() {
    case_of run.sh-mode-in-git mode_in_git
    case_of configuration configuration "$image_repo2docker" 1001
    case_of configuration-other-user configuration "$image_jovyan" 1000
    case_of layout layout "$image_repo2docker" 1001
    case_of layout-other-user layout "$image_jovyan" 1000
    case_of layout-taken-uid layout "$image_taken" 33
    case_of repository-content repository_content "$image_repo2docker"
    case_of stripped-program stripped_program "$image_repo2docker"
    case_of apt.txt-is-true apt_list "$image_repo2docker"
    case_of plain-build-is-the-same-image same_layers "$image_repo2docker" "$image_plain"
    case_of image-size size "$image_repo2docker"
}
