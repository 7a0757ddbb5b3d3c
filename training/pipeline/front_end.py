"""Log-mel patches with librosa, as the musicnn networks were trained on.

16 kHz mono, Hann window of 512, hop 256, centred frames, 96 slaney mel bands with slaney
norm of the power spectrum, log10(10000 x + 1); patches of 187 frames (3 s) or what the model at hand takes.

One deviation from the package: it rounds the mel spectrogram to float16 and takes the logarithm
in float16, where 10000 x overflows to infinity above x = 6.55 (a loud low tone). We stay in
float32.
"""

from pathlib import Path

import librosa
import numpy as np

SAMPLE_RATE = 16_000
N_FFT = 512
HOP = 256
BANDS = 96
LOG_MULTIPLIER = 10_000.0
FRAMES = 187
MAX_PATCHES = 10


def load_audio(path: Path) -> np.ndarray:
    """Mono samples at 16 kHz, float32, the mean of the channels."""
    samples, _ = librosa.load(path, sr=SAMPLE_RATE, mono=True)
    return samples


def log_mel(samples: np.ndarray) -> np.ndarray:
    """[frames, 96] float32, frames = 1 + len(samples) // 256."""
    mel = librosa.feature.melspectrogram(
        y=samples, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS)
    return np.log10(LOG_MULTIPLIER * mel.T + 1.0).astype(np.float32)


def patch_starts(frames: int, max_patches: int = MAX_PATCHES, length: int = FRAMES) -> list[int]:
    """First frames of the patches, each of `length` frames, of a clip of as many or more.

    As many patches as fit without overlap, at most `max_patches`, each in the middle of its share of
    the clip: a whole song is not judged by its first and last notes.
    """
    count = min(max_patches, frames // length)
    return [((2 * i + 1) * frames - count * length) // (2 * count) for i in range(count)]


def spread(count: int, wanted: int) -> list[int]:
    """`wanted` of `count` patches, or all if there are fewer: those in the middle of as many equal
    shares."""
    wanted = min(wanted, count)
    return [(2 * i + 1) * count // (2 * wanted) for i in range(wanted)]


def repeat_to_patch(samples: np.ndarray, length: int = FRAMES) -> np.ndarray:
    """A clip shorter than a patch, over and over until it fills one; others unchanged."""
    if len(samples) == 0:
        raise ValueError("no audio")
    needed = (length - 1) * HOP
    return samples if len(samples) >= needed else np.resize(samples, needed)


def patch_samples(samples: np.ndarray, max_patches: int = MAX_PATCHES, length: int = FRAMES
                  ) -> list[np.ndarray]:
    """What the frames of each patch of a clip at 16 kHz are made of."""
    samples = repeat_to_patch(samples, length)
    starts = patch_starts(1 + len(samples) // HOP, max_patches, length)
    half = N_FFT // 2
    return [samples[max(0, s * HOP - half):(s + length - 1) * HOP + half] for s in starts]


def patches(samples: np.ndarray, max_patches: int = MAX_PATCHES, length: int = FRAMES) -> np.ndarray:
    """[patches, length, 96]: the log-mel patches of a clip at 16 kHz."""
    spectrogram = log_mel(repeat_to_patch(samples, length))
    starts = patch_starts(len(spectrogram), max_patches, length)
    return np.stack([spectrogram[s:s + length] for s in starts])
