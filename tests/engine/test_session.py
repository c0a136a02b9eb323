"""The whole path with made-up cameras and estimators: order, drops, recording."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psutil
import pytest

from engine.messages import Frame, Scene
from engine.runtime.worker import Worker
from engine.session import TrackingSession
from engine.session_status import SessionState
from tests.fakes.adapters import FakeAdaptation
from tests.fakes.cameras import ScriptedCamera, frames, live, plane_frame, reopening
from tests.fakes.estimators import EmptyEstimator, LearningEstimator
from tests.fakes.stereo_pairs import write_pictures
from tests.fakes.waiting import wait_until


def test_scene_belongs_to_a_frame_of_the_source() -> None:
    with TrackingSession("fake:", EmptyEstimator, reopening(live)) as session:
        wait_until(lambda: session.latest_scene() is not None)
        scene, frame_set = session.latest_scene(), session.latest_frame_set()
        assert scene is not None
        assert frame_set is not None
        assert scene.sequence <= frame_set.sequence
        assert scene.latency_ms >= 0
        assert session.status().state is SessionState.RUNNING
        assert session.status().source_name == "Fake camera"


def test_the_status_knows_the_camera_and_how_its_pairs_come(tmp_path: Path) -> None:
    uri = f"images:{write_pictures(tmp_path)},loop=yes"
    session = TrackingSession(uri, EmptyEstimator)
    assert session.status().camera is None
    assert session.status().stereo is None
    with session:
        wait_until(lambda: _drift(session) is not None)
        status = session.status()
    assert status.camera is not None
    assert status.camera.expected_depth_error_m(0.5) is not None
    assert status.stereo is not None
    assert status.stereo.pairs > 0
    with TrackingSession("fake:", EmptyEstimator, reopening(live)) as session:
        wait_until(lambda: session.latest_scene() is not None)
        assert session.status().stereo is None


def _drift(session: TrackingSession) -> object:
    stereo = session.status().stereo
    return None if stereo is None else stereo.drift


def test_start_returns_at_once_while_the_estimator_loads() -> None:
    may_load = threading.Event()

    def slow_to_load() -> EmptyEstimator:
        may_load.wait(5)
        return EmptyEstimator()

    with TrackingSession("fake:", slow_to_load, reopening(live)) as session:
        wait_until(lambda: session.latest_frame_set() is not None)  # The preview is there already.
        assert session.status().state is SessionState.STARTING
        may_load.set()
        wait_until(lambda: session.latest_scene() is not None)
        assert session.status().state is SessionState.RUNNING


def test_recording_loses_no_frame_while_the_estimator_loads() -> None:
    made: list[EmptyEstimator] = []

    def slow_to_load() -> EmptyEstimator:
        time.sleep(0.2)
        made.append(EmptyEstimator())
        return made[0]

    camera = reopening(lambda: ScriptedCamera(frames(5), live=False, fps=50))
    with TrackingSession("fake:", slow_to_load, camera) as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
        wait_until(lambda: len(made[0].sequences) == 5)
        assert made[0].sequences == [0, 1, 2, 3, 4]
        assert session.status().drops == 0


def test_recording_keeps_its_pace() -> None:
    camera = reopening(lambda: ScriptedCamera(frames(11), live=False, fps=50))
    start = time.monotonic()
    with TrackingSession("fake:", EmptyEstimator, camera) as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
    assert time.monotonic() - start >= 10 / 50
    assert session.status().frames == 11


def test_every_scene_goes_to_those_who_listen() -> None:
    class Listener:
        def __init__(self) -> None:
            self.scenes: list[int] = []

        def offer_scene(self, scene: Scene) -> None:
            self.scenes.append(scene.sequence)

    made: list[EmptyEstimator] = []

    def remembered() -> EmptyEstimator:
        made.append(EmptyEstimator())
        return made[0]

    listener, late = Listener(), Listener()
    session = TrackingSession("fake:", remembered, reopening(live))
    session.add_scene_sink(listener)
    session.add_scene_sink(listener)  # Twice is once.
    with session:
        wait_until(lambda: len(listener.scenes) > 5)
        session.add_scene_sink(late)
        wait_until(lambda: len(late.scenes) > 5)
        session._tracker.scene_sinks.remove(late)
        seen = len(listener.scenes)
        wait_until(lambda: len(listener.scenes) > seen + 5)
    assert listener.scenes == made[0].sequences
    assert set(late.scenes) < set(listener.scenes)
    assert late.scenes[-1] < listener.scenes[-1]


def test_slow_tracker_drops_frames_and_counts_them() -> None:
    def slow() -> EmptyEstimator:
        return EmptyEstimator(work_s=0.03)

    with TrackingSession("fake:", slow, reopening(live)) as session:
        wait_until(lambda: session.latest_scene() is not None)
        wait_until(lambda: session.status().drops >= 5)
        status = session.status()
        assert status.frames > status.drops


def test_camera_is_closed_when_the_session_stops() -> None:
    cameras: list[ScriptedCamera] = []

    def remembered() -> ScriptedCamera:
        cameras.append(live())
        return cameras[-1]

    session = TrackingSession("fake:", EmptyEstimator, reopening(remembered))
    session.start()
    wait_until(lambda: session.latest_scene() is not None)
    assert session.stop()
    assert cameras[0].closed
    assert not session.threads_running
    assert session.status().state is SessionState.STOPPED


def test_sinks_start_first_and_sources_stop_first(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    start, stop = Worker.start, Worker.stop

    def noted_start(self: Worker) -> None:
        order.append(f"start {self.name}")
        start(self)

    def noted_stop(self: Worker, timeout_s: float = 5.0) -> bool:
        order.append(f"stop {self.name}")
        return stop(self, timeout_s)

    monkeypatch.setattr(Worker, "start", noted_start)
    monkeypatch.setattr(Worker, "stop", noted_stop)
    with TrackingSession("fake:", EmptyEstimator, reopening(live)):
        pass
    assert order == ["start inference", "start capture", "stop capture", "stop inference"]
    order.clear()
    adaptation = FakeAdaptation(order=order)
    with TrackingSession("fake:", LearningEstimator, reopening(live), adaptation=adaptation):
        pass
    assert order[0] == "start adaptation"
    assert order[-1] == "stop adaptation"
    assert len(order) == 6


def test_failure_half_way_unwinds(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Worker.start

    def fails_for_the_source(self: Worker) -> None:
        if self.name == "capture":
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(Worker, "start", fails_for_the_source)
    adaptation = FakeAdaptation()
    session = TrackingSession("fake:", EmptyEstimator, reopening(live), adaptation=adaptation)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        session.start()
    assert not session.threads_running
    assert not adaptation.running


def test_memory_stays_flat() -> None:
    """Five thousand frames of half a megabyte leave nothing behind."""
    process = psutil.Process()

    def large_frames() -> Iterator[Frame]:
        return (plane_frame(i, size=(400, 320)) for i in count())

    source = reopening(lambda: ScriptedCamera(large_frames()))
    with TrackingSession("fake:", EmptyEstimator, source) as session:
        wait_until(lambda: session.status().frames > 1000, timeout_s=30)
        before = process.memory_info().rss
        wait_until(lambda: session.status().frames > 6000, timeout_s=60)
        grown_mb = (process.memory_info().rss - before) / 1e6
    assert grown_mb < 30  # Kept frames would be 2,560 MB.
