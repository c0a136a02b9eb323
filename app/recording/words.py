"""Sizes, rates and losses of recordings in words. Megabytes are millions of bytes, as on disks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

MB, GB = 1e6, 1e9


def size_text(size: float) -> str:
    """ "412 MB", "3.1 MB", "12.4 GB"; bytes in."""
    if size >= GB:
        return f"{size / GB:.1f} GB"
    return f"{size / MB:.0f} MB" if size >= 10 * MB else f"{size / MB:.1f} MB"


def clock_text(seconds: float) -> str:
    """As a recorder's counter: "0:07", "12:04", "1:02:09"."""
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def losses(camera: int, queue: int, disk: int) -> tuple[str, ...]:
    """Where frames were lost and why, one line each; empty where none was."""
    stages = (
        (camera, "by the camera: it counted them and never delivered them"),
        (queue, "before the disk: they came faster than they could be written"),
        (disk, "by the disk: it did not take them"),
    )
    return tuple(f"{_frames(count)} lost {why}" for count, why in stages if count)


def names_text(paths: Sequence[Path]) -> str:
    """ "a.mcap", or "a.mcap and 2 more files"."""
    first, more = paths[0].name, len(paths) - 1
    if not more:
        return first
    return f"{first} and {more} more file{'s' if more > 1 else ''}"


def _frames(count: int) -> str:
    return f"{count:,} frame{'s' if count != 1 else ''}"
