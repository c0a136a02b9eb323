"""A replay gives what was seen live; two trackers over one session, in figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.inference.depth_estimator import DepthEstimator, create_estimator
from engine.messages import FrameSet, Scene
from engine.recording.compare import Run, compare, compare_as_recorded, tracked_frames
from engine.recording.layout import SessionHeader
from engine.recording.reader import SessionReader
from engine.recording.writer import SessionWriter
from engine.session import TrackingSession
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.truth_estimator import OFFSET_M, TruthEstimator
from tests.fakes.waiting import wait_until

SIMULATED = "sim:seed=4,hands=2,width=320,height=240,fps=60,sensor=ideal"


@pytest.fixture(scope="module")
def estimator() -> DepthEstimator:
    return create_estimator()


def record_offline(
    path: Path, estimator: TruthEstimator | EmptyEstimator, skip: int, size: str = ""
) -> Path:
    """Twelve simulated frames, of which every `skip`-th was tracked."""
    with open_camera(f"sim:seed=4,frames=12,{size or 'width=96,height=72'}") as camera:
        info = camera.info
        header = SessionHeader(
            program_version="",
            created="",
            started_ns=0,
            source_uri=info.uri,
            source_name=info.name,
            camera=info.camera,
            fps=info.fps,
            has_truth=True,
        )
        writer = SessionWriter(path, header)
        for _ in range(12):
            frame = camera.read()
            if frame.sequence % skip == 0:
                writer.add_scene(estimator.estimate(FrameSet((frame,))))
            writer.add_frame(frame)
        writer.close()
    return path


@pytest.mark.slow
def test_replay_gives_the_hands_of_the_live_run(tmp_path: Path, estimator: DepthEstimator) -> None:
    """Recording begins in the middle of tracking, and many frames come too fast to be tracked."""
    path = tmp_path / "live.mcap"
    with TrackingSession(SIMULATED, lambda: estimator) as session:
        wait_until(lambda: bool((s := session.latest_scene()) and s.sequence > 20), timeout_s=60)
        session.start_recording(path)
        wait_until(lambda: bool((r := session.recording()) and r.frames > 60), timeout_s=30)
    with SessionReader(path) as reader:
        tracked = [scene for scene, index in tracked_frames(reader) if index is not None]
        assert len(tracked) > 5
        assert reader.frame_count > len(tracked)  # The live run dropped frames between.
        result = compare_as_recorded(reader, estimator)
        assert result.first.frames == len(tracked)
        assert result.distances.hands > 5
        assert result.distances.max_mm < 0.1
        assert (result.only_first, result.only_second) == (0, 0)
        assert result.missing_frames == result.adapted_scenes == 0


@pytest.mark.slow
def test_two_replays_are_identical(tmp_path: Path, estimator: DepthEstimator) -> None:
    size = "width=320,height=240"
    path = record_offline(tmp_path / "a.mcap", EmptyEstimator(), skip=1, size=size)

    def replayed() -> list[Scene]:
        run = Run(estimator)
        with open_camera(f"replay:{path}") as camera:
            return [run.see(camera.read()) for _ in range(12)]

    scenes = replayed()
    assert sum(len(scene.hands) for scene in scenes) > 5
    for first, second in zip(scenes, replayed(), strict=True):
        assert len(first.hands) == len(second.hands)
        for one, other in zip(first.hands, second.hands, strict=True):
            np.testing.assert_array_equal(one.joints, other.joints)
            np.testing.assert_array_equal(one.vertices, other.vertices)
            assert (one.hand_id, one.side) == (other.hand_id, other.side)


def test_two_trackers_over_every_frame(tmp_path: Path) -> None:
    path = record_offline(tmp_path / "a.mcap", TruthEstimator(), skip=1)
    with SessionReader(path) as reader:
        result = compare(reader, TruthEstimator(), TruthEstimator(miss_every=4))
        assert (result.first.frames, result.second.frames) == (12, 12)
        assert (result.first.found, result.second.found) == (12, 9)
        assert result.distances.hands == 9
        assert result.distances.max_mm == 0.0
        assert (result.only_first, result.only_second) == (3, 0)
        assert result.first.accuracy.mpjpe_mm == pytest.approx(1e3 * OFFSET_M)
        assert result.first.latency.total.median < 1000
        assert compare(reader, TruthEstimator(), TruthEstimator(), max_frames=5).first.frames == 5


def test_only_the_tracked_frames_are_compared_as_recorded(tmp_path: Path) -> None:
    path = record_offline(tmp_path / "a.mcap", TruthEstimator(), skip=3)
    again = EmptyEstimator()
    with SessionReader(path) as reader:
        result = compare_as_recorded(reader, again)
    assert again.sequences == [0, 3, 6, 9]
    assert again.resets == 1
    assert (result.only_first, result.only_second) == (4, 0)
    assert result.distances.hands == 0
    assert result.to_json()["joint_distance_mm"]["mean"] is None


def test_gaps_and_frames_that_were_lost_are_known(tmp_path: Path) -> None:
    """Hands are looked for anew behind a gap, as live; scenes without a frame are counted."""
    path = record_offline(tmp_path / "a.mcap", TruthEstimator(), skip=1)
    gapped = tmp_path / "gapped.mcap"
    with SessionReader(path) as reader:
        writer = SessionWriter(gapped, reader.header)
        for frame, scene in zip(reader.frames(), reader.scenes(), strict=True):
            later_ns = 3_000_000_000 if frame.sequence > 6 else 0
            moved = replace(frame, source_ns=frame.time_ns + later_ns)
            if frame.sequence != 3:
                writer.add_frame(moved)
            hands = tuple(replace(h, weights_revision=frame.sequence // 10) for h in scene.hands)
            writer.add_scene(replace(scene, hands=hands))
        writer.close()
    again = EmptyEstimator()
    with SessionReader(gapped) as reader:
        result = compare_as_recorded(reader, again)
    assert again.resets == 2
    assert again.sequences == [0, 1, 2, *range(4, 12)]
    assert result.missing_frames == 1
    assert result.adapted_scenes == 2
