#!/usr/bin/env bash
# Makes the archive of a release: program, completions, manual pages, licences, checksums and a list of
# all that is in it (SBOM, CycloneDX).
#
#   release/build.sh [FOLDER]      default: target/dist
#
# Needs Rust, python3 and git; installs cargo-auditable and cargo-cyclonedx if they are missing. The same
# commit, compiler and target give the same bytes, wherever the repository lies: release/test.sh tries it.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
mkdir -p -- "${1:-$here/target/dist}"
out=$(cd -- "${1:-$here/target/dist}" && pwd -P)
cd -- "$here"

install_tool() {
    command -v "$1" >/dev/null || cargo install --locked --quiet "$1@$2"
}
install_tool cargo-auditable 0.7.7
install_tool cargo-cyclonedx 0.5.9

target=$(rustc -vV | sed -n 's/^host: //p')
version=$(cargo metadata --locked --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "fma-genre"))')
name=fma-genre-$version-$target

# What would differ from machine to machine: time and paths.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="--remap-path-prefix=$here=/fma-genre --remap-path-prefix=$cargo_home=/cargo"
build=$here/target/dist-build
cargo auditable build --release --locked --package fma-genre --target-dir "$build"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/$name
mkdir -p "$root"/{completions,man/man1,licences}
install -m 755 "$build/release/fma-genre" "$root/fma-genre"
for shell in bash zsh fish; do
    "$root/fma-genre" completions "$shell" >"$root/completions/fma-genre.$shell"
done
"$root/fma-genre" man "$root/man/man1"
cp README.md CHANGELOG.md LICENSE.txt NOTICE "$root/"
for model in models/*/; do
    install -D -m 644 --target-directory "$root/licences/$model" "$model"LICENSE-*.txt
done
cargo metadata --locked --format-version 1 --filter-platform "$target" |
    python3 release/licences.py "$root/licences/crates"

cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --override-filename sbom
mv sbom.json "$stage/sbom.json"
# Paths of this machine and a random number are no part of what was built.
python3 - "$stage/sbom.json" "$root/fma-genre.cdx.json" "$here" <<'PYTHON'
import json, sys
source, target, here = sys.argv[1:]
text = open(source).read().replace("path+file://" + here, "path+file:///fma-genre")
sbom = json.loads(text)
sbom.pop("serialNumber", None)
open(target, "w").write(json.dumps(sbom, indent=1, sort_keys=True) + "\n")
PYTHON

(cd "$root" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
tar --create --directory "$stage" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
    --numeric-owner --mode=u=rwX,go=rX "$name" | gzip --no-name -9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" | tee "$name.tar.gz.sha256")
