#!/usr/bin/env python3
"""Makes the log-mel goldens of this directory with librosa.

usage: pip install -r requirements.txt && python make_goldens.py [OUTDIR]

For each NAME: NAME.samples.npy, 16 kHz mono [samples], and NAME.logmel.npy,
the network's input [frames, 96]; and mel-filters.npy [96, 257], the mel filter
matrix. All are little endian float32 in C order.

The front end is that of musicnn 0.1.0 (musicnn/extractor.py):
librosa.feature.melspectrogram of a centred 512-point STFT, hop 256, 96 bands,
then log10(10000 x + 1). Two points are not what a current librosa gives:

- Padding. The networks were trained with librosa 0.7.0 (requirements.txt of the
  musicnn-training repository; musicnn 0.1.0 itself asks for librosa >= 0.7.0),
  whose STFT pads by reflection; librosa pads with zeros since 0.10. The goldens
  are made with pad_mode="reflect". Only frames that reach over an end of the
  signal differ: the first and the last.
- Precision. musicnn rounds the mel powers to float16 before the logarithm (with
  numpy 1 the arithmetic after that was float32; under numpy 2 it would be
  float16, and overflow to infinity on loud music). The goldens leave that out.

The script prints how much each of the two is worth, and checks librosa's result
against a plain float64 computation of the same definition.
The samples are stretches of three clips of examples/ and keep their licences
(examples/LICENSES.md).
"""

import pathlib
import sys

import librosa
import numpy as np

RATE, FFT, HOP, BANDS = 16_000, 512, 256, 96
HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples"

# golden name, clip, start [s], seconds
MUSIC = [
    ("electronic", "happy-electronic-immich-memories.mp3", 3.0, 4.5),
    ("metal", "armygeddon-muldjord.mp3", 2.0, 4.5),
    ("minstrels", "traveling-minstrels-mattias-westlund.mp3", 5.0, 4.5),
]


def sources():
    """Name and samples of every golden."""
    for name, clip, start, seconds in MUSIC:
        samples, _ = librosa.load(EXAMPLES / clip, sr=RATE, mono=True, offset=start, duration=seconds)
        yield name, samples
    time = np.arange(4000) / RATE
    yield "tone-1khz", 0.5 * np.sin(2 * np.pi * 1000 * time)
    impulse = np.zeros(3000)
    impulse[1500] = 1.0
    yield "impulse", impulse
    # Shorter than an FFT frame, and shorter than the padding of half a frame, which
    # then goes back and forth over the signal.
    yield "short-300", 0.4 * np.sin(2 * np.pi * 440 * time[:300])
    yield "short-100", 0.3 * np.cos(2 * np.pi * 700 * time[:100]) + 0.1


def mel_power(samples, pad_mode):
    """librosa's mel power spectrogram, [frames, bands]."""
    return librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=FFT, hop_length=HOP, n_mels=BANDS, pad_mode=pad_mode
    ).T


def compress(power):
    return np.log10(10000 * power + 1)


def mel_filters_float64():
    """Slaney's mel filters from their definition: linear below 1 kHz (200/3 Hz per mel),
    logarithmic above (27 mels per factor 6.4), triangles of unit area."""
    def to_hz(mel):
        return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

    top = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    edges = to_hz(np.linspace(0, top, BANDS + 2))
    bins = np.arange(FFT // 2 + 1) * RATE / FFT
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    return triangles * 2 / (high - low)


def logmel_float64(samples):
    """The same log-mel without librosa, in float64."""
    padded = np.pad(samples.astype(np.float64), FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    return compress(power @ mel_filters_float64().T)


def save(directory, name, array):
    np.save(directory / f"{name}.npy", np.ascontiguousarray(array, dtype="<f4"))


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    out.mkdir(parents=True, exist_ok=True)

    filters = librosa.filters.mel(sr=RATE, n_fft=FFT, n_mels=BANDS)
    error = np.abs(filters - mel_filters_float64()).max()
    print(f"mel-filters   {filters.shape}, against float64: {error:.1e}")
    assert error < 1e-7 and (filters.sum(axis=1) > 0).all()
    save(out, "mel-filters", filters)

    for name, samples in sources():
        samples = samples.astype(np.float32)
        power = mel_power(samples, "reflect")
        logmel = compress(power)
        assert logmel.dtype == np.float32 and len(logmel) == 1 + len(samples) // HOP
        error = np.abs(logmel - logmel_float64(samples)).max()
        padding = np.abs(logmel - compress(mel_power(samples, "constant"))).max(axis=1)
        half = np.abs(logmel - compress(power.astype(np.float16).astype(np.float32))).max()
        print(f"{name:13} {len(samples):6} samples, {len(logmel):4} frames, max {logmel.max():.3f}; against float64: "
              f"{error:.1e}; zero padding: {padding.max():.2f} in frames {np.flatnonzero(padding > 1e-4).tolist()}; "
              f"float16: {half:.1e}")
        assert error < 1e-4
        save(out, f"{name}.samples", samples)
        save(out, f"{name}.logmel", logmel)


if __name__ == "__main__":
    main()
