"""What is in a recorded session, for the bar below the 3D view; read in the background."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.background import Watch
from app.recording.words import clock_text
from engine.capture.sources import split_location

if TYPE_CHECKING:  # They load for a quarter of a second, and the window imports this file.
    from engine.recording.layout import Event
    from engine.recording.reader import SessionReader

SCHEME = "replay:"
MOST_MARKERS = 2000


class MarkerKind(StrEnum):
    """What a marker is about; the first is the gravest."""

    BREAK = "break"
    """The camera was gone, or came back."""
    LOSS = "loss"
    """Frames are missing."""
    DECISION = "decision"
    """The adaptation decided on weights."""
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened while recording."""

    time_s: float
    """From the first frame."""
    kind: MarkerKind
    text: str

    def __str__(self) -> str:
        return f"{clock_text(self.time_s)}  {self.text}"


@dataclass(frozen=True, slots=True)
class Overview:
    """One session."""

    path: Path
    markers: tuple[Marker, ...]
    about: str
    """Where it comes from and what it was tracked with."""


def session_path(uri: str) -> Path | None:
    """The file that a `replay:` source plays; None for any other source."""
    if not uri.startswith(SCHEME):
        return None
    location, _ = split_location(uri.removeprefix(SCHEME))
    return Path(location).expanduser()


def read_overview(path: Path, watch: Watch) -> Overview:
    """Raises SessionError where the session cannot be read."""
    from engine.recording.reader import SessionReader

    with SessionReader(path) as session:
        markers = tuple(_markers(session, watch))
        return Overview(path, markers, _about(session))


def _markers(session: SessionReader, watch: Watch) -> Iterator[Marker]:
    if not session.frame_count:
        return
    began_ns = session.times_ns[0]
    for number, event in enumerate(session.events()):
        watch(0.0)
        if number == MOST_MARKERS:
            return
        row = int(np.searchsorted(session.captured_ns, event.time_ns))
        row = min(row, session.frame_count - 1)
        time_s = float(session.times_ns[row] - began_ns) / 1e9
        yield Marker(time_s, _kind(event), event.text)


def _kind(event: Event) -> MarkerKind:
    from engine.recording.layout import EventKind

    return {
        EventKind.DISCONNECT: MarkerKind.BREAK,
        EventKind.RESUME: MarkerKind.BREAK,
        EventKind.DROP: MarkerKind.LOSS,
        EventKind.GAP: MarkerKind.LOSS,
        EventKind.ADAPTATION: MarkerKind.DECISION,
        EventKind.NOTE: MarkerKind.NOTE,
    }[event.kind]


def _about(session: SessionReader) -> str:
    header = session.header
    made = header.created.replace("T", " ").removesuffix("+00:00")
    lines = [f"{header.source_name}, {session.frame_count:,} frames, {made} UTC"]
    if header.hand_model:
        person = f" as {header.profile}" if header.profile else ""
        lines.append(f"Tracked{person} with weights {header.weights_sha256[:8]}")
    return "\n".join(lines)
