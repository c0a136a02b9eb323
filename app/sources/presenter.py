"""Which sources can be chosen. Knows nothing of Qt; looks for devices in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.capture.camera import SourceInfo

SIMULATED_URI = "sim:"
SIMULATED_STEREO_URI = "sim-stereo:"
PAIR_SCHEMES = ("uvc", "images", "video")
"""Whose place is that of the left and that of the right camera, with a comma between."""


class Kind(StrEnum):
    """Group of a choice in the list."""

    DEVICE = "device"
    SIMULATED = "simulated"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the source list."""

    uri: str
    label: str
    kind: Kind


class SourcesPresenter:
    """Devices found, sources used before, the one in use. Methods belong to one thread."""

    def __init__(self, discover: Callable[[], Sequence[SourceInfo]]) -> None:
        self._discover = discover
        self._found: tuple[SourceInfo, ...] = ()
        self._search: _Search | None = None
        self._searched = False

    @property
    def searching(self) -> bool:
        return self._search is not None

    @property
    def searched(self) -> bool:
        """Whether a search has ended since the start."""
        return self._searched

    def refresh(self) -> None:
        """Look for devices in the background; does nothing while a search is under way."""
        if self._search is None:
            self._search = _Search(self._discover)

    def poll(self) -> bool:
        """Take the result of a search that has ended; whether one did."""
        if self._search is None or not self._search.done.is_set():
            return False
        found = self._search.found
        self._search, self._searched = None, True
        self._found = found
        return True

    def choices(self, current_uri: str, recent_uris: Sequence[str]) -> tuple[Choice, ...]:
        """Devices first, then the simulated cameras, then what was used before."""
        live = [Choice(s.uri, s.name, Kind.DEVICE) for s in self._found if s.live]
        simulated = [
            Choice(SIMULATED_URI, "Simulated hand", Kind.SIMULATED),
            Choice(SIMULATED_STEREO_URI, "Simulated stereo camera", Kind.SIMULATED),
        ]
        listed = [*live, *simulated]
        known = {choice.uri for choice in listed}
        for uri in (current_uri, *recent_uris):
            if uri and uri not in known:
                listed.append(Choice(uri, label_of(uri), Kind.RECENT))
                known.add(uri)
        return tuple(listed)

    def first_uri(self, remembered_uri: str) -> str:
        """What to open when nothing was asked for: the last source if it is still there."""
        scheme, _, rest = remembered_uri.partition(":")
        attached = [source.uri for source in self._found if source.live]
        if remembered_uri in attached:
            return remembered_uri
        if scheme in ("sim", "sim-stereo") and remembered_uri != SIMULATED_URI:
            return remembered_uri
        if rest and _still_there(scheme, rest, attached):
            return remembered_uri
        return attached[0] if attached else SIMULATED_URI


def label_of(uri: str) -> str:
    """A short name for a recording or typed source."""
    scheme, _, rest = uri.partition(":")
    location, _, options = rest.partition("?")
    name = ", ".join(Path(place).name or place for place in _places(scheme, location))
    told = ",".join(option for option in options.split(",") if not option.startswith("rig="))
    where = f"{name}?{told}" if name and told else name or told
    called = _SCHEME_NAMES.get(scheme, scheme)
    return f"{called}  ·  {where}" if where else _SCHEME_NAMES.get(scheme, uri)


def _still_there(scheme: str, rest: str, attached: Sequence[str]) -> bool:
    """Whether a source that was used before can be opened, as far as can be told from outside."""
    location = rest.partition("?")[0]
    if scheme == "uvc":
        return True  # Webcams have no serial numbers to look for.
    if scheme == "realsense-ir":
        return f"realsense:{location}" in attached
    if scheme == "realsense" and Path(location).suffix != ".bag":
        return False
    return all(_exists(Path(place).expanduser()) for place in _places(scheme, location))


def _exists(place: Path) -> bool:
    """A file, a folder, or a pattern for the pictures of one."""
    return place.exists() or ("*" in place.name and any(place.parent.glob(place.name)))


def _places(scheme: str, location: str) -> list[str]:
    """Of the left and the right camera, or the only one; a folder may have a comma in its name."""
    return location.split(",") if scheme in PAIR_SCHEMES else [location]


_SCHEME_NAMES = {
    "folder": "Folder",
    "realsense": "RealSense",
    "realsense-ir": "RealSense infrared",
    "zed": "ZED",
    "uvc": "Webcams",
    "images": "Two folders",
    "video": "Two films",
    "replay": "Session",
    "sim": "Simulated hand",
    "sim-stereo": "Simulated stereo camera",
    "cvar": "CVAR data set",
    "nyu": "NYU data set",
    "msra": "MSRA data set",
    "icvl": "ICVL data set",
}


class _Search:
    """One search in a thread of its own; vendor SDKs may take long to answer."""

    def __init__(self, discover: Callable[[], Sequence[SourceInfo]]) -> None:
        self._discover = discover
        self.done = threading.Event()
        self.found: tuple[SourceInfo, ...] = ()
        threading.Thread(target=self._run, name="discovery", daemon=True).start()

    def _run(self) -> None:
        try:
            self.found = tuple(self._discover())
        except (ImportError, OSError, RuntimeError):
            # A broken SDK finds no devices; `doctor` says what is wrong with it.
            self.found = ()
        finally:
            self.done.set()
