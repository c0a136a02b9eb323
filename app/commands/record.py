"""`record SOURCE`: a session file of everything that a source gives, and of the tracked hands.

Ctrl-C, the end of the source, a full disk: whatever ends it, the file is whole.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.commands.arguments import add_json, add_profile, add_source, source_uri
from app.commands.json_file import write_json
from app.commands.known_person import estimator_for, open_profile, weights_of
from app.commands.stereo_text import warn_of_drift
from engine.adaptation.profile import Profile
from engine.atomic_file import check_writable
from engine.capture import sources
from engine.capture.camera import Camera
from engine.errors import SourceError, UserError
from engine.messages import Health
from engine.recording.disk import GB, duration
from engine.recording.layout import SessionError
from engine.recording.place import checked_target, new_session_path
from engine.recording.recording_status import RecordingState, RecordingStatus
from engine.recording.tracked_with import TrackedWith, shipped_weights
from engine.recording.untracked_session import UntrackedSession
from engine.session import TrackingSession
from engine.session_status import SessionState

LOOK_S = 0.1
LINE_S = 0.5
LOG_LINE_S = 10.0
"""Where the progress goes to a file, every line stays."""
MB = 1_000_000


def seconds(text: str) -> float:
    """A length of time on the command line."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, found '{text}'")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_source(parser, "such as sim: or realsense:")
    parser.add_argument("--seconds", type=seconds, metavar="N", help="stop after so long")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="F.mcap",
        help="where to; by default a new file in your folder of sessions",
    )
    add_profile(parser)
    parser.add_argument(
        "--no-tracking", action="store_true", help="record the images alone, without hands"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    uri = source_uri(args.source, args.rig)
    path = checked_target(args.out or new_session_path(args.source))
    if args.json is not None:
        check_writable(args.json)
    if args.no_tracking and args.profile is not None:
        raise UserError(
            "--profile says whose hands are tracked, and --no-tracking that none are; leave out "
            "one of the two."
        )
    profile = open_profile(args.profile)
    recording = _Recording(uri, path, profile, tracked=not args.no_tracking)
    with _asked_to_stop() as stop:
        done = recording.run(args.seconds, stop)
    print(_closing_line(done.status))
    if args.json is not None:
        write_json(args.json, _figures(done))
    if done.sentence:
        raise SessionError(done.sentence)
    return 0


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a recording."""

    status: RecordingStatus
    health: tuple[Health, ...]
    """Of the threads, while they ran."""
    sentence: str
    """Why it ended before anybody asked for that; empty where all went well."""


class _Recording:
    """One source recorded once."""

    def __init__(self, uri: str, path: Path, profile: Profile | None, tracked: bool) -> None:
        self._path = path
        self._session = (
            TrackingSession(
                uri,
                partial(estimator_for, profile),
                self._open,
                tracked_with=TrackedWith(
                    weights_of(profile) or shipped_weights(), profile.name if profile else ""
                ),
            )
            if tracked
            else UntrackedSession(uri, self._open)
        )

    def run(self, limit_s: float | None, stop: threading.Event) -> _Done:
        """Record until the source ends, the limit is reached, or somebody asks for the end.

        Raises:
            UserError: nothing was recorded; the sentence says why.
        """
        with self._session as session:
            self._follow(limit_s, stop)
            health = session.health()
        ended, status = session.status(), session.recording()
        failed = ended.state is SessionState.FAILED
        sentence = (status.sentence if status else "") or (ended.sentence if failed else "")
        warn_of_drift(ended.stereo)
        if status is None or not status.frames:
            raise SourceError(
                sentence or f"No frame came from '{session.uri}', so there is nothing recorded."
            )
        return _Done(status, health, sentence)

    def _open(self, uri: str) -> Camera:
        """On the capture thread. A recording is recorded from its very first frame, a device from
        when the tracker is ready."""
        camera = sources.open_camera(uri)
        if not camera.info.live:
            self._session.start_recording(self._path)
        return camera

    def _follow(self, limit_s: float | None, stop: threading.Event) -> None:
        line = _ProgressLine()
        began_s: float | None = None
        while not stop.wait(LOOK_S):
            state, status = self._session.status().state, self._session.recording()
            if state is SessionState.RUNNING and status is None:
                self._session.start_recording(self._path)
            if state in (SessionState.ENDED, SessionState.FAILED):
                return
            if status is None or status.state is RecordingState.WAITING:
                continue
            if not status.running:
                return
            began_s = began_s or time.monotonic()
            if limit_s is not None and time.monotonic() - began_s >= limit_s:
                return
            line.show(status)


class _ProgressLine:
    """How it goes, on stderr: in place on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown_s = time.monotonic() if not self._terminal else 0.0
        self._warned = False

    def show(self, status: RecordingStatus) -> None:
        if status.warning and not self._warned:
            self._warned = True
            print(f"\nhandtune: {status.warning}", file=sys.stderr)
        pause_s = LINE_S if self._terminal else LOG_LINE_S
        if time.monotonic() - self._shown_s >= pause_s:
            self._shown_s = time.monotonic()
            begin, end = ("\r", "\x1b[K") if self._terminal else ("", "\n")
            print(begin + _line(status), end=end, file=sys.stderr, flush=True)


def _line(status: RecordingStatus) -> str:
    left = "" if status.seconds_left is None else f", room for {duration(status.seconds_left)}"
    return (
        f"recording {status.seconds:.0f} s, {status.frames} frames, "
        f"{status.bytes_written / MB:.0f} MB at {status.bytes_per_s / MB:.1f} MB/s, "
        f"{status.dropped} lost{left}"
    )


def _closing_line(status: RecordingStatus) -> str:
    more = len(status.paths) - 1
    where = f"'{status.paths[0] if status.paths else status.path}'"
    if more > 0:
        where += f" and {more} more file{'s' if more > 1 else ''}"
    size = status.bytes_written
    amount = f"{size / GB:.2f} GB" if size >= GB else f"{size / MB:.1f} MB"
    lost = ", ".join(f"{n} {stage}" for stage, n in _drops(status).items() if n) or "none"
    return (
        f"Recorded {status.seconds:.1f} s, {status.frames} frames, {amount} to {where}. "
        f"Frames lost: {lost}."
    )


def _drops(status: RecordingStatus) -> dict[str, int]:
    return {
        "by the camera": status.camera_drops,
        "by the queue": status.queue_drops,
        "by the disk": status.disk_drops,
    }


def _figures(done: _Done) -> dict[str, Any]:
    status = done.status
    return {
        "files": [str(path) for path in status.paths],
        "seconds": status.seconds,
        "frames": status.frames,
        "bytes": status.bytes_written,
        "lost": {
            "camera": status.camera_drops,
            "queue": status.queue_drops,
            "disk": status.disk_drops,
        },
        "threads": {
            part.name: {
                "rate_hz": part.rate_hz,
                "latency_median_ms": part.latency_median_ms,
                "latency_p95_ms": part.latency_p95_ms,
                "dropped": part.dropped,
            }
            for part in done.health
        },
    }


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by Ctrl-C or SIGTERM, which do nothing else while the block runs: the file is finished
    whatever comes."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # Signals belong to the main thread.
        return

    def ask(_number: int, _frame: object) -> None:
        asked.set()

    former = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
