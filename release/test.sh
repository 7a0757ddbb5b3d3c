#!/usr/bin/env bash
# Builds the release twice, from clones of this commit at two places, and compares the bytes; then unpacks it and
# tries what is in it. Takes two full builds: it is not part of the gate.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in one elsewhere/two; do
    git clone --quiet "$here" "$work/$place"
    "$work/$place/release/build.sh" "$work/$place.dist"
done
cmp "$work"/one.dist/*.tar.gz "$work"/elsewhere/two.dist/*.tar.gz
tar --extract --file "$work"/one.dist/*.tar.gz --directory "$work"
cd "$work"/fma-genre-*/
sha256sum --check --quiet SHA256SUMS
cp "$here"/examples/lincity-pronobozo.mp3 "$work/"
# In an empty environment: nothing outside the binary is needed.
env -i ./fma-genre classify "$work/lincity-pronobozo.mp3"
grep -q '\-\-overwrite' completions/fma-genre.bash
grep -q 'classify(1)' man/man1/fma-genre.1
python3 -c 'import json; s = json.load(open("fma-genre.cdx.json")); assert any(c["name"] == "tract-onnx" for c in s["components"])'
echo "the two archives are equal, and what is in them works"
