"""A running session is recorded whole, with what happened to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from mcap.reader import make_reader

from engine.adaptation.decision import Decision
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.capture import capture_loop
from engine.errors import CameraDisconnected
from engine.hand.model import DEFAULT_PATH
from engine.recording import session_watch
from engine.recording.header_messages import decode_header
from engine.recording.layout import EventKind, SessionError, SessionHeader
from engine.recording.recording_status import RecordingState
from engine.recording.session_watch import SessionWatch
from engine.recording.tracked_with import TrackedWith
from engine.session import TrackingSession
from engine.session_status import SessionState, SessionStatus
from engine.weights_manifest import sha256_of
from tests.engine.recording.test_writer import contents
from tests.fakes.cameras import ScriptedCamera, frames, live, plane_frame, reopening
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.waiting import wait_until

WELL = SessionStatus(SessionState.RUNNING, "fake:", "Fake camera")


def header_of(path: Path) -> SessionHeader:
    with path.open("rb") as stream:
        return decode_header(next(make_reader(stream).iter_metadata()).metadata)


def test_a_session_is_recorded_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    used = TrackedWith(DEFAULT_PATH, profile="Ada")
    with TrackingSession("fake:", EmptyEstimator, reopening(live), tracked_with=used) as session:
        assert session.recording() is None
        wait_until(lambda: session.latest_scene() is not None)
        session.start_recording(path)
        with pytest.raises(SessionError, match=r"a.mcap' is being recorded; end that first"):
            session.start_recording(tmp_path / "b.mcap")
        wait_until(lambda: (s := session.recording()) is not None and s.frames > 20)
        session.stop_recording()
        wait_until(lambda: not session.threads_running or not running(session))
        session.stop_recording()
        status = session.recording()
        assert status is not None
        assert status.state is RecordingState.FINISHED
        assert session.status().state is SessionState.RUNNING
        found, scenes, _ = contents(path)
        numbers = [frame.sequence for frame in found]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(found) == status.frames
        assert {scene.sequence for scene in scenes} <= set(numbers)
        assert len(scenes) > 5
        session.start_recording(tmp_path / "b.mcap")
        wait_until(lambda: (s := session.recording()) is not None and s.frames > 2)
    assert header_of(path).profile == "Ada"
    assert header_of(path).weights_sha256 == sha256_of(DEFAULT_PATH)
    assert header_of(path).hand_model == "webxr"
    assert header_of(path).source_name == "Fake camera"
    assert contents(tmp_path / "b.mcap")[0]


def running(session: TrackingSession) -> bool:
    status = session.recording()
    return status is not None and status.running


def test_the_end_of_a_session_finishes_its_recording(tmp_path: Path) -> None:
    with TrackingSession("fake:", EmptyEstimator, reopening(live)) as session:
        session.start_recording(tmp_path / "a.mcap")
        wait_until(lambda: (s := session.recording()) is not None and s.frames > 2)
    assert not session.threads_running
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]
    header = header_of(tmp_path / "a.mcap")
    assert (header.weights_sha256, header.profile) == ("", "")


def test_every_frame_of_a_recorded_source_is_recorded(tmp_path: Path) -> None:
    def short() -> ScriptedCamera:
        return ScriptedCamera(frames(40), live=False, fps=500)

    session = TrackingSession("fake:", EmptyEstimator, reopening(short))
    session.start_recording(tmp_path / "a.mcap")
    with session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
    assert [frame.sequence for frame in contents(tmp_path / "a.mcap")[0]] == list(range(40))


def test_an_unplugged_camera_leaves_its_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_loop, "BACKOFF_S", (0.15,))
    unplugged = CameraDisconnected("The camera was unplugged; plug it in again.")

    def first() -> ScriptedCamera:
        return ScriptedCamera([*frames(5), unplugged], pause_s=0.01)

    def again() -> ScriptedCamera:
        return ScriptedCamera((plane_frame(i) for i in count(500)), pause_s=0.002)

    session = TrackingSession("fake:", EmptyEstimator, reopening(first, again))
    session.start_recording(tmp_path / "a.mcap")
    with session:
        wait_until(lambda: (s := session.recording()) is not None and s.frames > 30)
    status = session.recording()
    assert status is not None
    found, _, events = contents(tmp_path / "a.mcap")
    assert [frame.sequence for frame in found[:6]] == [0, 1, 2, 3, 4, 500]
    kinds = [e.kind for e in events if e.kind is not EventKind.DROP]
    assert kinds == [EventKind.DISCONNECT, EventKind.RESUME]
    assert "unplugged" in events[0].text
    assert status.camera_drops == 0


def test_frames_that_a_camera_left_out_are_in_the_file(tmp_path: Path) -> None:
    def gappy() -> ScriptedCamera:
        numbers = (*range(4), 7, 8, *range(12, 100_000))
        return ScriptedCamera((plane_frame(number) for number in numbers), pause_s=0.002)

    session = TrackingSession("fake:", EmptyEstimator, reopening(gappy))
    session.start_recording(tmp_path / "a.mcap")
    with session:
        wait_until(lambda: (s := session.recording()) is not None and s.frames > 20)
        assert session.status().camera_drops == 6
    status = session.recording()
    assert status is not None
    assert (status.camera_drops, status.dropped) == (6, 6)
    gaps = [e for e in contents(tmp_path / "a.mcap")[2] if e.kind is EventKind.GAP]
    assert [e.figures["sequence"] for e in gaps] == [7, 12]


def decision(time_s: float, reason: str) -> Decision:
    return Decision(time_s=time_s, step=3, accepted=True, reason=reason, revision=2)


def with_decisions(*decisions: Decision) -> SessionStatus:
    progress = AdaptationProgress(decisions=decisions)
    status = AdaptationStatus(AdaptationState.LEARNING, Path("w"), progress=progress)
    return replace(WELL, adaptation=status)


def test_each_decision_of_the_adaptation_is_told_once() -> None:
    old, new, newer = decision(1.0, "old"), decision(2.0, "new"), decision(3.5, "newer")
    late = decision(3.0, "late")
    told = iter([(old,), (old,), (old, new), (new, newer), (new, newer, late)])
    watch = SessionWatch(lambda: with_decisions(*next(told)))
    events = [event for _ in range(4) for event in watch()]
    assert [event.text for event in events] == ["new", "newer", "late"]
    assert [event.kind for event in events] == [EventKind.ADAPTATION] * 3
    assert events[1].time_ns == 3_500_000_000
    assert (events[1].figures["accepted"], events[1].figures["revision"]) == (1, 2)


def test_frames_that_the_tracker_missed_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0, 100_000_000, 1_100_000_000, 1_200_000_000, 2_300_000_000])
    monkeypatch.setattr(session_watch, "monotonic_ns", lambda: next(clock))
    drops = iter([3, 5, 8, 9, 9])
    watch = SessionWatch(lambda: replace(WELL, drops=next(drops)))
    events = [event for _ in range(4) for event in watch()]
    assert [(e.kind, e.figures["not_tracked"]) for e in events] == [
        (EventKind.DROP, 5),
        (EventKind.DROP, 1),
    ]
