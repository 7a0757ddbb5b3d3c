"""What is held out together.

A unit is a source where there are several, else a group (artist, session). Units are dealt
into a few folds so that every class is spread over as many folds as it has units. A copy is held out
with any of its parents. When the only unit of a class is held out, what is left to learn the class
from are simulations made of other classes, and the matrix.
"""

from collections import Counter

import numpy as np

from head.clip import Clip, stable_hash
from head.samples import Samples

FOLDS = 6
# Below this many sources, groups are the units: a single collection with artists, such as FMA.
FEW_SOURCES = 6


def by_source(clips: list[Clip]) -> bool:
    return len({clip.source for clip in clips if clip.labelled}) >= FEW_SOURCES


def unit(clip: Clip, sources: bool) -> str:
    return clip.source if sources else f"{clip.source}/{clip.group}"


def deal(clips: list[Clip], folds: int = FOLDS) -> dict[str, int]:
    """Unit -> fold. Large units first, each to the fold that so far has least of its classes."""
    clips = [clip for clip in clips if clip.labelled]
    sources = by_source(clips)
    totals = Counter(clip.genre for clip in clips)
    counts: dict[str, Counter] = {}
    for clip in clips:
        counts.setdefault(unit(clip, sources), Counter())[clip.genre] += 1
    held: list[Counter] = [Counter() for _ in range(folds)]
    result = {}
    for name in sorted(counts, key=lambda n: (-counts[n].total(), stable_hash(n))):
        def load(fold: int) -> tuple[float, int]:
            overlap = sum(count / totals[genre] * (held[fold][genre] / totals[genre] + 1e-3)
                          for genre, count in counts[name].items())
            return overlap, held[fold].total()

        best = min(range(folds), key=load)
        result[name] = best
        held[best].update(counts[name])
    return result


def membership(samples: Samples, dealt: dict[str, int], folds: int = FOLDS) -> np.ndarray:
    """[n, folds] bool: the row has a parent in the fold."""
    sources = by_source([clip for parents in samples.parents for clip in parents])
    result = np.zeros((len(samples), folds), bool)
    for row, parents in enumerate(samples.parents):
        for clip in parents:
            fold = dealt.get(unit(clip, sources))
            if fold is not None:
                result[row, fold] = True
    return result
