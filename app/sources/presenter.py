"""Which sources can be chosen. Knows nothing of Qt; looks for devices in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.capture.camera import SourceInfo

SIMULATED_URI = "sim:"


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
        """Devices first, then the simulated camera, then what was used before."""
        live = [Choice(s.uri, s.name, Kind.DEVICE) for s in self._found if s.live]
        simulated = Choice(SIMULATED_URI, "Simulated hand", Kind.SIMULATED)
        listed = [*live, simulated]
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
        path = Path(rest.partition("?")[0])
        recorded = scheme != "realsense" or path.suffix == ".bag"
        if rest and scheme != "sim" and recorded and path.exists():
            return remembered_uri
        if scheme == "sim" and rest:
            return remembered_uri
        return attached[0] if attached else SIMULATED_URI


def label_of(uri: str) -> str:
    """A short name for a recording or typed source."""
    scheme, _, rest = uri.partition(":")
    location, mark, options = rest.partition("?")
    name = Path(location).name or location
    where = f"{name}{mark}{options}" if name else options
    return f"{_SCHEME_NAMES.get(scheme, scheme)}  ·  {where}" if where else uri


_SCHEME_NAMES = {
    "folder": "Folder",
    "realsense": "RealSense",
    "replay": "Session",
    "sim": "Simulated hand",
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
