"""The numbers and names of the webcams that are plugged in, where the system tells."""

from __future__ import annotations

import re
from pathlib import Path

LINUX = Path("/sys/class/video4linux")


def webcams(folder: Path = LINUX) -> tuple[tuple[int, str], ...]:
    """Number and name of each; empty where the system does not tell (all but Linux)."""
    found = []
    for place in folder.glob("video*") if folder.is_dir() else ():
        number = re.fullmatch(r"video(\d+)", place.name)
        # A camera has several such places; the first one gives pictures.
        if number is not None and _text(place / "index") == "0":
            found.append((int(number[1]), _text(place / "name") or "camera"))
    return tuple(sorted(found))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
