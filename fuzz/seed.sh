#!/usr/bin/env bash
# Fills fuzz/corpus from files of the repository: fuzz/seed.sh
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mkdir -p fuzz/corpus/{decode,features,readers,model}
cp examples/*.mp3 tests/data/*.mp3 fuzz/corpus/decode/
# Pieces: what is long teaches a fuzzer nothing more.
for file in examples/*.mp3 tests/data/*.mp3 tests/data/formats/*; do
    head -c 60000 "$file" >"fuzz/corpus/features/${file##*/}"
done
number=0
for file in model.json network.onnx head.onnx; do
    { printf "\\x$number"; cat "fuzz/tiny/$file"; } >"fuzz/corpus/model/$file"
    number=$((number + 1))
done

# seed READER FILE: a file for the reader of this number, see fuzz_targets/readers.rs.
seed() { { printf "\\x$(printf %x "$1")"; head -c 65000 "$2"; } >"fuzz/corpus/readers/$1-${2##*/}"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
header=file_id,Blues,Classical,Country,'Easy Listening',Electronic,Experimental,Folk,Hip-Hop,Instrumental
header+=,International,Jazz,'Old-Time / Historic',Pop,Rock,Soul-RnB,Spoken
printf '%s\na%s\n' "$header" "$(printf ',0.0625%.0s' {1..16})" >"$work/predictions.csv"
printf 'file_id,genre\na,Rock\n' >"$work/labels.csv"
printf 'genre,name\nRock,Loud\n' >"$work/map.csv"
printf 'genre,weight\nRock,1\n' >"$work/prior.csv"
target/release/fma-genre classify examples/lincity-pronobozo.mp3 --format jsonl -q >"$work/results.jsonl"
seed 0 "$work/predictions.csv"
seed 1 "$work/labels.csv"
seed 2 "$work/map.csv"
seed 3 "$work/prior.csv"
seed 4 "$work/results.jsonl"
seed 5 tests/data/tag-all.mp3
seed 5 tests/data/tag-id3v1.mp3
seed 11 tests/data/formats/flac-24.flac
seed 17 tests/data/formats/vorbis.ogg
seed 23 tests/data/formats/aac.m4a
seed 29 tests/data/formats/pcm-8.wav
