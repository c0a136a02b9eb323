"""The wizard's pages."""

from __future__ import annotations

from enum import IntEnum


class Page(IntEnum):
    """Where the person is, in order."""

    BOARD = 0
    CAMERAS = 1
    CAPTURE = 2
    SOLVE = 3
    REPORT = 4
    PREVIEW = 5
    SAVE = 6
