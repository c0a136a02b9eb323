"""The recording of the window, computed from what the session tells. Knows nothing of Qt.

A session may end while its recording is still being finished, so the presenter keeps the session
that it records until the file is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.banner import Action, Banner, Tone
from app.recording.words import MB, clock_text, losses, names_text, size_text
from engine.errors import UserError
from engine.recording.recording_status import RecordingStatus
from engine.runtime.clock import NS_PER_S

SAVED_S = 12.0
"""How long the window says that a recording was saved."""


_CLOSING = Banner(
    Tone.BUSY,
    "Finishing the recording…",
    "The window closes when the file is whole. Closing it again does not wait.",
)


class Recordable(Protocol):
    """What is asked of engine.session.TrackingSession; nothing waits."""

    def start_recording(self, path: Path) -> None: ...
    def stop_recording(self) -> None: ...
    def recording(self) -> RecordingStatus | None: ...


@dataclass(frozen=True, slots=True)
class RecordingFigures:
    """The badge of a recording under way."""

    title: str
    """ "0:12", or what is waited for."""
    figures: tuple[str, ...] = ()
    """Rate and size."""
    left: str = ""
    """Of the disk, in time."""
    lost: str = ""
    """ "3 lost", "nothing lost"; empty before there is anything to lose."""
    lossy: bool = False
    tip: str = ""
    warning: bool = False
    """The disk fills up."""
    recording: bool = True
    """Frames are being taken in; not while it waits or finishes."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a recording ended."""

    banner: Banner
    until_ns: int | None = None
    """When the banner goes by itself; None for one that waits for its button."""


class RecordingPresenter:
    """At most one recording. One thread."""

    def __init__(self, new_path: Callable[[str], Path]) -> None:
        """`new_path` names a file for the recording of a source."""
        self._new_path = new_path
        self._session: Recordable | None = None
        self._status: RecordingStatus | None = None
        self._ended: Ended | None = None
        self._asked_to_end = self._closing = self._warned = False
        self.latest: Path | None = None
        """The file of the last recording that was saved."""

    @property
    def active(self) -> bool:
        """Whether frames are recorded, or waited for; not while a file is finished."""
        return self._session is not None and not self._finishing

    @property
    def unfinished(self) -> bool:
        """Whether there is a file that is not whole yet."""
        return self._session is not None

    def start(self, session: Recordable, uri: str) -> None:
        """Record what this session delivers; what stands against it is in the banner."""
        if self._session is not None:
            return
        if self._ended is not None and self._ended.until_ns is None:
            self._ended = None
        try:
            session.start_recording(self._new_path(uri))
        except UserError as error:
            banner = Banner(Tone.ERROR, "Nothing is recorded", str(error), Action.DISMISS)
            self._ended = Ended(banner)
            return
        self._session, self._asked_to_end, self._warned = session, False, False
        self._status = session.recording()

    def stop(self) -> None:
        """End with a whole file; returns at once."""
        if self._session is not None:
            self._asked_to_end = True
            self._session.stop_recording()

    def update(self, now_ns: int) -> None:
        """Look at the session."""
        if self._session is None:
            return
        self._status = self._session.recording()
        if self._status is not None and not self._status.running:
            self._ended = _ended(self._status, now_ns)
            self.latest = next(iter(self._status.paths), self.latest)
            self._session, self._status = None, None

    def figures(self) -> RecordingFigures | None:
        """The badge now; None while nothing is recorded."""
        status = self._status
        if status is None:
            return None
        if self._finishing:
            return RecordingFigures(
                "Finishing the file…", (size_text(status.bytes_written),), recording=False
            )
        if not status.frames:
            return RecordingFigures("Waiting for the first frame", recording=False)
        lost = losses(status.camera_drops, status.queue_drops, status.disk_drops)
        tip = "\n".join([f"Recording to {status.path}", *(lost or ("No frame was lost",))])
        return RecordingFigures(
            clock_text(status.seconds),
            _figures(status),
            _left(status),
            f"{status.dropped:,} lost" if lost else "nothing lost",
            bool(lost),
            tip,
            warning=bool(status.warning),
        )

    def news(self, now_ns: int) -> Banner | None:
        """What must be said before anything else: how the last recording ended."""
        if self._closing and self._session is not None:
            return _CLOSING
        ended = self._ended
        if ended is not None and ended.until_ns is not None and now_ns > ended.until_ns:
            self._ended = None
        return None if self._ended is None else self._ended.banner

    def warning(self) -> Banner | None:
        """That the disk fills up."""
        status = self._status
        if status is None or not status.warning or self._finishing or self._warned:
            return None
        title = "The disk is filling up"
        return Banner(Tone.WARNING, title, status.warning, Action.DISMISS)

    def act(self, action: Action) -> None:
        """A button of the banner was pressed."""
        self._warned = self._status is not None
        if action is not Action.SHOW_FOLDER:
            self._ended = None

    def close(self) -> None:
        """The window goes as soon as the file is whole."""
        self._closing = True
        self.stop()

    @property
    def _finishing(self) -> bool:
        finishing = self._status is not None and self._status.state.value == "finishing"
        return finishing or self._asked_to_end


def _figures(status: RecordingStatus) -> tuple[str, ...]:
    size = size_text(status.bytes_written)
    return (f"{status.bytes_per_s / MB:.1f} MB/s", size) if status.bytes_per_s else (size,)


def _left(status: RecordingStatus) -> str:
    from engine.recording.disk import duration

    if status.seconds_left is None:
        return ""
    return f"{duration(status.seconds_left)} left on the disk"


def _ended(status: RecordingStatus, now_ns: int) -> Ended:
    if not status.paths:
        reason = status.sentence or "No frame came before it was stopped."
        tone = Tone.ERROR if status.sentence else Tone.CALM
        return Ended(Banner(tone, "Nothing was recorded", reason, Action.DISMISS))
    lost = losses(status.camera_drops, status.queue_drops, status.disk_drops)
    amount = _amount(status).replace(" ", "\N{NO-BREAK SPACE}")
    title = f"Saved {names_text(status.paths)} ({amount})"
    advice = " ".join([*filter(None, [status.sentence]), *(f"{line}." for line in lost)])
    calm = not status.sentence
    banner = Banner(
        Tone.CALM if calm else Tone.WARNING,
        title,
        advice or "Every frame is in it.",
        Action.SHOW_FOLDER,
        (Action.OPEN,) if calm else (Action.OPEN, Action.DISMISS),
    )
    return Ended(banner, now_ns + int(SAVED_S * NS_PER_S) if calm else None)


def _amount(status: RecordingStatus) -> str:
    from engine.recording.recovery import duration_text

    return f"{duration_text(status.seconds)}, {size_text(status.bytes_written)}"
