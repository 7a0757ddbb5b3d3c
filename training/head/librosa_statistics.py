"""The 518 numbers per clip on which the challenge's starter kit trains its baseline.

Eleven frame-wise descriptors of librosa with 74 values per frame in all, at 22.05 kHz with
frames of 2048 and hop 512; seven statistics of each over time. The list is that of the FMA
paper (arXiv 1612.01840, section 5.1). Slow: 0.3 s per 15 s clip, mostly the constant-Q transform.
Cached in one file per clip list; an interrupted run goes on where it stopped.
"""

import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import librosa
import numpy as np
from scipy import stats

from head.clip import Clip

RATE = 22_050
FRAME, HOP = 2048, 512
WIDTH = 74 * 7
BATCH = 64


def descriptors(samples: np.ndarray) -> np.ndarray:
    """[74, frames], descriptors of unequal frame counts cut to the shortest."""
    constant_q = np.abs(librosa.cqt(samples, sr=RATE, hop_length=HOP, bins_per_octave=12,
                                    n_bins=84, tuning=None))
    cens = librosa.feature.chroma_cens(C=constant_q, n_chroma=12, n_octaves=7)
    magnitude = np.abs(librosa.stft(samples, n_fft=FRAME, hop_length=HOP))
    power = magnitude ** 2
    mel = librosa.feature.melspectrogram(sr=RATE, S=power)
    blocks = [
        librosa.feature.zero_crossing_rate(samples, frame_length=FRAME, hop_length=HOP),
        librosa.feature.chroma_cqt(C=constant_q, n_chroma=12, n_octaves=7),
        cens,
        librosa.feature.tonnetz(chroma=cens),
        librosa.feature.chroma_stft(S=power, n_chroma=12, sr=RATE),
        librosa.feature.rms(S=magnitude),
        librosa.feature.spectral_centroid(S=magnitude, sr=RATE),
        librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE),
        librosa.feature.spectral_contrast(S=magnitude, sr=RATE, n_bands=6),
        librosa.feature.spectral_rolloff(S=magnitude, sr=RATE),
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20),
    ]
    frames = min(block.shape[1] for block in blocks)
    return np.concatenate([block[:, :frames] for block in blocks])


def statistics(path: Path) -> np.ndarray:
    """[518] float32: mean, deviation, skewness, kurtosis, median, minimum, maximum of each row;
    zeros for a clip that cannot be read, and where a statistic is undefined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # constant rows have no skewness
        try:
            samples, _ = librosa.load(path, sr=RATE, mono=True)
            rows = descriptors(samples)
        except Exception as error:  # a decoder may raise anything on a damaged file
            print(f"{path.name}: {error!r}")
            return np.zeros(WIDTH, np.float32)
        columns = [rows.mean(1), rows.std(1), stats.skew(rows, axis=1),
                   stats.kurtosis(rows, axis=1), np.median(rows, 1), rows.min(1), rows.max(1)]
    return np.nan_to_num(np.concatenate(columns), posinf=0, neginf=0).astype(np.float32)


def compute(clips: list[Clip], cache: Path, jobs: int) -> np.ndarray:
    """[clips, 518] in the order of `clips`."""
    file = cache / "librosa_statistics.npz"
    known: dict[str, np.ndarray] = {}
    if file.exists():
        with np.load(file) as data:
            known = dict(zip(data["ids"].tolist(), data["values"]))
    todo = [clip for clip in clips if clip.id not in known]
    cache.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool:
        for start in range(0, len(todo), BATCH):
            batch = todo[start:start + BATCH]
            rows = pool.map(statistics, [clip.path for clip in batch])
            known |= {clip.id: row for clip, row in zip(batch, rows)}
            partial = file.with_suffix(".partial.npz")
            np.savez(partial, ids=np.array(list(known)), values=np.stack(list(known.values())))
            partial.replace(file)
    return np.stack([known[clip.id] for clip in clips])
