"""A recorded session as a camera: its frames bit for bit, its timing, its options, its errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.capture.playback import Seekable
from engine.capture.replay import ReplayCamera
from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from engine.messages import Frame
from engine.recording.writer import SplitRule
from engine.runtime.clock import monotonic_ns
from tests.engine.recording.sameness import same
from tests.fakes.session_files import FRAMES, flipped, write_session
from tests.fakes.sessions import FRAME_NS, stereo_frame


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return write_session(tmp_path / "a.mcap")


@contextmanager
def opened(path: Path, options: str = "") -> Iterator[ReplayCamera]:
    with open_camera(f"replay:{path}{options}") as camera:
        yield camera  # type: ignore[misc]


def as_recorded(frame: Frame) -> Frame:
    """A replayed frame with the name and the clock of the recording."""
    original = stereo_frame(frame.sequence)
    later_ns = frame.captured_ns - original.captured_ns
    pictures = tuple(replace(p, captured_ns=p.captured_ns - later_ns) for p in frame.pictures)
    return replace(frame, camera_id="fake:", captured_ns=original.captured_ns, pictures=pictures)


def test_frames_are_those_recorded(session: Path) -> None:
    with opened(session) as camera:
        before_ns = monotonic_ns()
        frames = [camera.read() for _ in range(FRAMES)]
        with pytest.raises(EndOfStream):
            camera.read()
    for number, frame in enumerate(frames):
        assert same(as_recorded(frame), stereo_frame(number))
        assert before_ns <= frame.captured_ns <= monotonic_ns()
        assert frame.time_ns == stereo_frame(number).time_ns


def test_info_is_that_of_the_recorded_camera(session: Path) -> None:
    with opened(session, "?speed=2") as camera:
        assert camera.info.uri == f"replay:{session}?speed=2"
        assert camera.info.name == "Fake camera (session a)"
        assert camera.info.camera == stereo_frame(0).camera
        assert (camera.info.fps, camera.info.live) == (30.0, False)
        assert (camera.info.has_truth, camera.info.frame_count) == (True, FRAMES)
        assert isinstance(camera, Seekable)
        assert camera.speed == 2.0


def test_split_session_plays_as_one(tmp_path: Path) -> None:
    path = write_session(tmp_path / "a.mcap", split=SplitRule(bytes=1))
    with opened(path) as camera:
        assert [camera.read().sequence for _ in range(FRAMES)] == list(range(FRAMES))


def test_loop_goes_on_in_number_and_time(session: Path) -> None:
    with opened(session, "?loop=yes") as camera:
        frames = [camera.read() for _ in range(2 * FRAMES + 1)]
    assert [frame.sequence for frame in frames] == list(range(2 * FRAMES + 1))
    np.testing.assert_allclose(np.diff([frame.time_ns for frame in frames]), FRAME_NS, atol=1)
    assert same(frames[0].depth_m, frames[FRAMES].depth_m)


def test_start_and_seek(session: Path) -> None:
    with opened(session, "?start=0.1") as camera:
        assert camera.info.frame_count == FRAMES - 3
        assert camera.read().sequence == 3
        camera.seek(camera.index_at(0.2))
        assert camera.position.time_s == pytest.approx(0.2)
        assert camera.position.index == 6
        assert [camera.read().sequence for _ in range(3)] == [6, 7, 8]
        camera.seek(-4)
        assert camera.read().sequence == 0
        camera.seek(99)
        assert camera.read().sequence == FRAMES - 1
        assert camera.position.index == camera.position.count == FRAMES


def test_live_pace_keeps_the_timing_and_loses_what_is_late(session: Path) -> None:
    with opened(session, "?pace=live") as camera:
        assert camera.info.live
        assert not isinstance(camera, Seekable)
        first = camera.read()
        begun = time.monotonic()
        assert camera.read(0.5).sequence == 1
        assert time.monotonic() - begun > 0.5 * FRAME_NS / 1e9
        time.sleep(4 * FRAME_NS / 1e9)
        later = camera.read(0.5)
        assert first.sequence + 4 <= later.sequence <= 7
        for _ in range(FRAMES - 1 - later.sequence):
            camera.read(0.5)
        with pytest.raises(EndOfStream):
            camera.read(0.5)


def test_live_pace_times_out_in_a_gap(session: Path) -> None:
    with opened(session, "?pace=live,speed=0.05") as camera:
        camera.read()
        with pytest.raises(TimeoutError):
            camera.read(0.01)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("?fps=3", "A replay has no option 'fps'. Write for example replay:"),
        ("?loop=maybe", "loop must be yes or no, found 'maybe'"),
        ("?speed=fast", "speed must be a number from 0.05 to 64, found 'fast'"),
        ("?speed=nan", "speed must be a number"),
        ("?start=-1", "start must be a number from 0"),
        ("?start=99", "start=99 lies behind the end of the session, which lasts 0.3 s"),
        ("?pace=slow", "pace must be fast or live, found 'slow'"),
    ],
)
def test_bad_options_are_one_sentence(session: Path, options: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_camera(f"replay:{session}{options}")
    assert sentence in str(caught.value)


def test_bad_sessions_are_one_sentence(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    damaged = tmp_path / "damaged.mcap"
    damaged.write_bytes(flipped(data, len(data) // 3))
    empty = write_session(tmp_path / "empty.mcap", frames=0)
    with pytest.raises(SourceError, match="has no frame, so there is nothing to replay"):
        open_camera(f"replay:{empty}")
    with pytest.raises(SourceError, match="cannot be opened"):
        open_camera(f"replay:{tmp_path / 'none.mcap'}")
    with opened(damaged) as camera:
        camera.seek(FRAMES // 3)
        with pytest.raises(SourceError, match=r"damaged .*repair"):
            camera.read()


def test_a_session_without_its_scheme_is_understood(session: Path) -> None:
    with pytest.raises(SourceError, match=f"write 'replay:{session}'"):
        open_camera(str(session))
