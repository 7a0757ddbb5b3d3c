# shellcheck shell=bash disable=SC2154 # variables come from test.sh and the other parts
# The base images that the Dockerfile names. Pulled where a registry can be reached; otherwise
# made from a Debian mirror and this machine's own Rust toolchain, under the same tags and with
# the label fma-genre.local-base. They carry what this machine needs to reach its mirrors (CA
# bundle, proxies, cargo configuration), which therefore never stands in the Dockerfile.

# Prints the images of the Dockerfile that are not its own stages.
base_images() {
    awk 'toupper($1) == "FROM" { if (!($2 in stage)) print $2; stage[$4] }' "$root/Dockerfile" |
        sort -u
}

# provide_bases: every base image is there, or status 1 and the reason on stdout.
provide_bases() {
    local image
    for image in $(base_images); do
        docker image inspect "$image" >/dev/null 2>&1 && continue
        note "pulling $image"
        timeout 600 docker pull -q "$image" >"$work/logs/pull" 2>&1 && continue
        note "cannot pull it ($(tail -n 1 "$work/logs/pull" | cut -c1-100)): making it here"
        case $image in
            debian:*-slim) make_debian "$image" ;;
            rust:*-slim-*) make_rust "$image" ;;
            *) false ;;
        esac >"$work/logs/base" 2>&1 || {
            echo "cannot make $image: $(tail -n 1 "$work/logs/base")"
            return 1
        }
    done
}

ca_bundle=/etc/ssl/certs/ca-certificates.crt

# Prints docker import options: certificates and proxies of this machine.
surroundings() {
    local name
    printf '%s\n' --change "LABEL fma-genre.local-base=1" \
        --change "ENV SSL_CERT_FILE=$ca_bundle CARGO_HTTP_CAINFO=$ca_bundle"
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [[ -z ${!name:-} ]] || printf '%s\n' --change "ENV $name=${!name}"
    done
}

# make_debian debian:SUITE-slim
make_debian() {
    local suite=${1#debian:} tree=$work/debian options
    suite=${suite%-slim}
    command -v debootstrap || apt debootstrap || return 1
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$tree" \
        "${FMA_GENRE_DEBIAN_MIRROR:-http://deb.debian.org/debian}" || return 1
    cp -L "$ca_bundle" "$tree$ca_bundle" || return 1
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
    mapfile -t options < <(surroundings)
    tar -C "$tree" -c . | docker import "${options[@]}" --change 'CMD ["bash"]' - "$1" || return 1
    rm -rf "$tree"
}

# make_rust rust:VERSION-slim-SUITE: as the official image, a C linker and the toolchain at
# /usr/local/rustup, on the Debian of the same suite.
make_rust() {
    local version=${1#rust:} suite=${1##*-slim-} tree=$work/rust toolchain
    version=${version%-slim-*}
    docker image inspect "debian:$suite-slim" || make_debian "debian:$suite-slim" || return 1
    toolchain=$(toolchain_of "$version") || return 1

    mkdir -p "$tree/cargo"
    if [[ -f ${CARGO_HOME:-$HOME/.cargo}/config.toml ]]; then
        cp "${CARGO_HOME:-$HOME/.cargo}/config.toml" "$tree/cargo/"
    fi
    cat >"$tree/Dockerfile" <<EOF
FROM debian:$suite-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends gcc libc6-dev \\
 && rm -rf /var/lib/apt/lists/*
ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo RUST_VERSION=$version
ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY cargo /usr/local/cargo
COPY toolchain /usr/local/rustup/toolchains/$version
RUN mkdir -p /usr/local/cargo/bin \\
 && ln -s /usr/local/rustup/toolchains/$version/bin/* /usr/local/cargo/bin/
EOF
    tar -c --exclude=share --exclude='*/rustlib/src' \
        --transform "s,^$(basename "$toolchain"),toolchain," \
        -C "$tree" Dockerfile cargo -C "$(dirname "$toolchain")" "$(basename "$toolchain")" |
        docker build -t "$1" -
}

# toolchain_of VERSION: prints the folder of that toolchain, which rustup provides if need be.
toolchain_of() {
    local version=$1 sysroot
    if command -v rustup >/dev/null; then
        sysroot=$(rustup run "$version" rustc --print sysroot 2>/dev/null) || {
            rustup toolchain install "$version" --profile minimal >&2
            sysroot=$(rustup run "$version" rustc --print sysroot)
        } || return 1
    else
        sysroot=$(rustc --print sysroot) || return 1
    fi
    [[ $("$sysroot/bin/rustc" --version) == "rustc $version "* ]] || {
        echo "no Rust $version on this machine" >&2
        return 1
    }
    readlink -f "$sysroot"
}
