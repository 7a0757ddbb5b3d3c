"""What can go wrong."""

from __future__ import annotations


class _CausedError(Exception):
    def __init__(self, path: str, cause: str) -> None:
        super().__init__(path, cause)
        self.path = path
        self.cause = cause


class AudioError(_CausedError):
    """A clip cannot be classified: it is damaged, silent, too short or no audio at all.

    Attributes:
        path: the file; empty for bytes and samples.
        cause: why, as a part of a sentence that begins with the file's name.
    """

    def __str__(self) -> str:
        return f"{self.path or 'the clip'} {self.cause}"


class ModelError(_CausedError):
    """A model cannot be loaded or run.

    Attributes:
        path: the model's name or folder.
        cause: why.
    """

    def __str__(self) -> str:
        return f"the model {self.path!r}: {self.cause}"
