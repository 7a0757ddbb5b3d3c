"""YAMNet's log-mel windows with numpy, and where they lie in a patch.

M. Plakal and D. Ellis, TensorFlow models, research/audioset/yamnet (features.py, params.py): 16 kHz
mono; frames of 400 samples (25 ms) every 160 (10 ms), not centred, periodic Hann window; magnitude
of an FFT of 512; 64 mel bands from 125 to 7500 Hz; ln(x + 0.001); windows of 96 frames (0.975 s).
"""

import numpy as np

from pipeline import front_end

SAMPLE_RATE = 16_000
N_FFT = 512
WINDOW_LENGTH = 400
HOP = 160
BANDS = 64
MIN_HZ, MAX_HZ = 125.0, 7500.0
LOG_OFFSET = 0.001
FRAMES = 96
WINDOW_SAMPLES = WINDOW_LENGTH + (FRAMES - 1) * HOP


def mel_filters() -> np.ndarray:
    """[257, 64]: `tf.signal.linear_to_mel_weight_matrix`, whose triangles are linear in mel; the DC
    bin belongs to none."""
    def mel(hz):
        return 1127.0 * np.log1p(np.asarray(hz) / 700.0)

    bins = mel(np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1)[1:])[:, None]
    edges = np.linspace(mel(MIN_HZ), mel(MAX_HZ), BANDS + 2)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.concatenate([np.zeros((1, BANDS)),
                           np.maximum(0.0, np.minimum(rising, falling))])


_FILTERS = mel_filters()
_HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW_LENGTH) / WINDOW_LENGTH)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """[frames, 64] float32, as many whole frames as there are."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW_LENGTH)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * _HANN, N_FFT))
    return np.log(magnitude @ _FILTERS + LOG_OFFSET).astype(np.float32)


def window_starts(count: int, length: int = front_end.FRAMES) -> list[int]:
    """First samples of `count` windows in a patch of `length` frames of musicnn's front end, spread evenly;
    a single one in the middle."""
    room = (length - 1) * front_end.HOP - WINDOW_SAMPLES
    return [room // 2] if count == 1 else [i * room // (count - 1) for i in range(count)]


def patch_windows(samples: np.ndarray, max_patches: int, count: int,
                  length: int = front_end.FRAMES) -> np.ndarray:
    """[patches, count, 96, 64]: the windows of all patches of a clip at 16 kHz."""
    samples = front_end.repeat_to_patch(samples, length)
    starts = front_end.patch_starts(1 + len(samples) // front_end.HOP, max_patches, length)
    return np.stack([
        np.stack([log_mel(samples[first:first + WINDOW_SAMPLES])
                  for first in (start * front_end.HOP + w for w in window_starts(count, length))])
        for start in starts])
