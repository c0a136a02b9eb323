"""`replay:PATH.mcap`: a recorded session as a camera. Its frames are those recorded, bit for bit.

Options (`replay:session.mcap?loop=yes,speed=2,start=12.5`):

| option | values | meaning |
|---|---|---|
| loop | yes, no | start again at the end instead of ending |
| speed | 0.05 to 64 | times as fast as it happened |
| start | seconds | where to begin |
| pace | fast, live | a frame as soon as it is asked for (a window keeps the original timing by itself), or like a device: each when it is due, and lost when it is not taken in time |

`source_ns` has the original timing, whatever the speed. A session that was split plays as one.
"""  # noqa: E501

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.capture.camera import CameraInfo
from engine.capture.playback import FASTEST, SLOWEST, Position
from engine.capture.recorded import recording_uri
from engine.errors import EndOfStream, SourceError
from engine.messages import Frame
from engine.recording.layout import SessionError
from engine.recording.reader import SessionReader
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.contexts import CloseOnExit

_CHOICES = {"loop": {"yes": True, "no": False}, "pace": {"fast": False, "live": True}}
_EXAMPLE = "Write for example replay:session.mcap?loop=yes,speed=2,start=12.5,pace=live."


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What a `replay:` URI asks for; see the table above."""

    loop: bool = False
    speed: float = 1.0
    start_s: float = 0.0
    live: bool = False


def open_location(location: str, options: Mapping[str, str]) -> ReplayCamera | LiveReplayCamera:
    """The session of a path.

    Raises:
        SourceError: bad options, no session, a damaged one, or one without frames.
    """
    chosen = parse_options(options)
    path = Path(location).expanduser()
    try:
        reader = SessionReader(path)
    except SessionError as error:
        raise SourceError(str(error)) from error
    try:
        camera = _kind(chosen)(reader, recording_uri("replay", location, options), chosen)
        camera.check_first_frame()
    except BaseException:
        reader.close()
        raise
    return camera


def parse_options(options: Mapping[str, str]) -> ReplayOptions:
    """Raises SourceError with one sentence for an unknown option or a bad value."""
    unknown = sorted(set(options) - {"loop", "speed", "start", "pace"})
    if unknown:
        raise SourceError(f"A replay has no option '{unknown[0]}'. {_EXAMPLE}")
    return ReplayOptions(
        loop=_choice(options, "loop", "no"),
        speed=_number(options, "speed", "1", SLOWEST, FASTEST),
        start_s=_number(options, "start", "0", 0.0, 1e7),
        live=_choice(options, "pace", "fast"),
    )


class ReplayCamera(CloseOnExit):
    """Plays a session; `engine.capture.playback.Seekable`."""

    def __init__(self, reader: SessionReader, uri: str, options: ReplayOptions) -> None:
        """The reader is the camera's from now on; not where this raises SourceError."""
        header, count = reader.header, reader.frame_count
        path = reader.paths[0]
        if not count:
            raise SourceError(f"{path}: the session has no frame, so there is nothing to replay.")
        if options.start_s > reader.duration_s:
            raise SourceError(
                f"{path}: start={options.start_s:g} lies behind the end of the session, which "
                f"lasts {reader.duration_s:.1f} s; choose an earlier start."
            )
        self._reader = reader
        self._loop = options.loop
        self.speed = options.speed
        self._index = self.index_at(options.start_s)
        self._lap = 0
        times_ns = reader.times_ns
        usual_ns = (
            round((times_ns[-1] - times_ns[0]) / (count - 1)) if count > 1 else NS_PER_S // 30
        )
        self._lap_ns = int(times_ns[-1] - times_ns[0]) + usual_ns
        self._lap_frames = int(reader.sequences.max() - reader.sequences.min()) + 1
        self._last_interval_ns = usual_ns
        self.info = CameraInfo(
            uri=uri,
            name=f"{header.source_name or path.stem} (session {path.stem})",
            camera=header.camera,
            fps=header.fps,
            live=options.live,
            has_truth=header.has_truth,
            frame_count=None if options.loop and options.live else count - self._index,
            device=header.device,
            firmware=header.firmware,
        )

    def check_first_frame(self) -> None:
        """Raises SourceError where it cannot be read: that shows when a session is opened."""
        self._frame(self._index)

    @property
    def position(self) -> Position:
        """Of the frame that is read next."""
        reader = self._reader
        shown = min(self._index, reader.frame_count - 1)
        time_s = float(reader.times_ns[shown] - reader.times_ns[0]) / NS_PER_S
        return Position(self._index, reader.frame_count, time_s, reader.duration_s)

    def seek(self, index: int) -> None:
        self._index = min(max(index, 0), self._reader.frame_count - 1)

    def index_at(self, time_s: float) -> int:
        return self._reader.index_at(time_s)

    def interval_ns(self) -> int:
        """From the frame that is read next to the one behind it."""
        times_ns, index = self._reader.times_ns, self._index
        if index + 1 < len(times_ns):
            return int(times_ns[index + 1] - times_ns[index])
        return self._last_interval_ns

    def read(self, timeout_s: float = 1.0) -> Frame:  # noqa: ARG002 - a file never makes us wait
        """The next frame; see `engine.capture.camera.Camera.read`."""
        if self._index >= self._reader.frame_count:
            if not self._loop:
                raise EndOfStream(self.info.uri)
            self._index, self._lap = 0, self._lap + 1
        frame = self._frame(self._index)
        self._index += 1
        return self._now(frame)

    def close(self) -> None:
        self._reader.close()

    def _frame(self, index: int) -> Frame:
        try:
            return self._reader.frame(index)
        except SessionError as error:
            raise SourceError(str(error)) from error

    def _now(self, frame: Frame) -> Frame:
        """The recorded frame as one that has come this moment; time and numbers go on in every lap
        of a loop."""
        now_ns = monotonic_ns()
        later_ns = now_ns - frame.captured_ns
        return replace(
            frame,
            camera_id=self.info.uri,
            sequence=frame.sequence + self._lap * self._lap_frames,
            captured_ns=now_ns,
            source_ns=frame.time_ns + self._lap * self._lap_ns,
            pictures=tuple(
                replace(picture, captured_ns=picture.captured_ns + later_ns)
                for picture in frame.pictures
            ),
        )


class LiveReplayCamera(CloseOnExit):
    """Plays a session like a device: every frame when it is due, and lost when nobody takes it."""

    def __init__(self, reader: SessionReader, uri: str, options: ReplayOptions) -> None:
        self._camera = ReplayCamera(reader, uri, options)
        self._due_ns: int | None = None

    @property
    def info(self) -> CameraInfo:
        return self._camera.info

    def check_first_frame(self) -> None:
        self._camera.check_first_frame()

    def read(self, timeout_s: float = 1.0) -> Frame:
        """The next frame; see `engine.capture.camera.Camera.read`."""
        now_ns = monotonic_ns()
        due_ns = now_ns if self._due_ns is None else self._due_ns
        while self._missed(due_ns, now_ns):
            due_ns += self._skip()
        self._due_ns = due_ns
        wait_s = (due_ns - now_ns) / NS_PER_S
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            raise TimeoutError(self.info.uri)
        time.sleep(max(wait_s, 0.0))
        self._due_ns = due_ns + self._interval_ns()
        return self._camera.read()

    def close(self) -> None:
        self._camera.close()

    def _interval_ns(self) -> int:
        return round(self._camera.interval_ns() / self._camera.speed)

    def _missed(self, due_ns: int, now_ns: int) -> bool:
        """Whether the frame after the next one is due already, so that the next one is gone."""
        position = self._camera.position
        return position.index + 1 < position.count and due_ns + self._interval_ns() < now_ns

    def _skip(self) -> int:
        interval_ns = self._interval_ns()
        self._camera.seek(self._camera.position.index + 1)
        return interval_ns


def _kind(options: ReplayOptions) -> type[ReplayCamera] | type[LiveReplayCamera]:
    return LiveReplayCamera if options.live else ReplayCamera


def _choice(options: Mapping[str, str], key: str, default: str) -> bool:
    text = options.get(key, default).lower()
    if text not in _CHOICES[key]:
        allowed = " or ".join(_CHOICES[key])
        raise SourceError(f"The option {key} must be {allowed}, found '{text}'. {_EXAMPLE}")
    return _CHOICES[key][text]


def _number(options: Mapping[str, str], key: str, default: str, least: float, most: float) -> float:
    text = options.get(key, default)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise SourceError(
            f"The option {key} must be a number from {least:g} to {most:g}, found '{text}'. "
            f"{_EXAMPLE}"
        )
    return value
