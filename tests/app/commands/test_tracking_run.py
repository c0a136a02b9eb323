"""How much of a source is tracked, and what is said of an empty one."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.commands.tracking_run import ENDLESS_FRAMES, TrackingRun, load_estimator
from engine.errors import SourceError
from tests.fakes.cameras import ScriptedCamera, plane_frame
from tests.fakes.estimators import EmptyEstimator


def frames_tracked(max_frames: int | None, *, live: bool, frame_count: int | None) -> int:
    """Of a camera that would give 400 frames."""
    camera = ScriptedCamera((plane_frame(k) for k in range(400)), live=live)
    camera.info = replace(camera.info, frame_count=frame_count)
    return len(list(TrackingRun(camera, EmptyEstimator(), max_frames, "test")))


@pytest.mark.parametrize(
    ("max_frames", "live", "frame_count", "expected"),
    [
        (None, False, 400, 400),
        (7, False, 400, 7),
        (900, False, 400, 400),
        (None, False, None, ENDLESS_FRAMES),
        (7, False, None, 7),
        (None, True, None, 400),
        (7, True, None, 7),
    ],
)
def test_frames(max_frames: int | None, live: bool, frame_count: int | None, expected: int) -> None:
    assert frames_tracked(max_frames, live=live, frame_count=frame_count) == expected


def test_a_source_without_frames_is_a_sentence() -> None:
    with pytest.raises(SourceError, match="No frame came from 'fake:'"):
        list(TrackingRun(ScriptedCamera([]), EmptyEstimator(), None, "test"))


def test_report_and_count_follow_the_frames() -> None:
    run = TrackingRun(ScriptedCamera(plane_frame(k) for k in range(5)), EmptyEstimator(), 5, "test")
    list(run)
    assert run.frames == run.report().frames == 5
    assert run.report().found == 0


@pytest.mark.parametrize("cached", [False, True])
def test_a_long_first_start_is_explained(
    cached: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HANDTUNE_CACHE", str(tmp_path))
    monkeypatch.setattr("app.commands.tracking_run.create_estimator", EmptyEstimator)
    if cached:
        (tmp_path / "network.onnx").touch()
    load_estimator()
    assert ("compiles the tracker" in capsys.readouterr().err) is not cached
