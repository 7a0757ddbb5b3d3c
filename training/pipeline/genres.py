"""The 16 genres in the challenge's order, and their frequency in FMA-medium."""

import numpy as np

GENRES = (
    "Blues", "Classical", "Country", "Easy Listening", "Electronic", "Experimental", "Folk",
    "Hip-Hop", "Instrumental", "International", "Jazz", "Old-Time / Historic", "Pop", "Rock",
    "Soul-RnB", "Spoken",
)

# Tracks per genre in FMA-medium's 24,971 usable training clips.
FMA_MEDIUM_COUNTS = np.array(
    [74, 619, 178, 21, 6310, 2248, 1517, 2190, 1348, 1018, 384, 510, 1186, 7096, 154, 118])

FMA_PRIOR = FMA_MEDIUM_COUNTS / FMA_MEDIUM_COUNTS.sum()
UNIFORM_PRIOR = np.full(len(GENRES), 1 / len(GENRES))
