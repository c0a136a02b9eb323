"""Tracking without threads: every frame once, and one sentence where none comes."""

from __future__ import annotations

import pytest

from engine.errors import SourceError
from engine.offline import run_offline
from tests.fakes.adapters import FakeAdaptation
from tests.fakes.cameras import FaultySource, ScriptedCamera, frames, live
from tests.fakes.estimators import EmptyEstimator, LearningEstimator


def test_offline_path_sees_every_frame_once() -> None:
    estimator = EmptyEstimator(work_s=0.001)
    with ScriptedCamera(frames(7), live=False) as camera:
        pairs = list(run_offline(camera, estimator))
    assert [frame.sequence for frame, _ in pairs] == list(range(7))
    assert [scene.sequence for _, scene in pairs] == list(range(7))


def test_offline_path_ends_after_the_wanted_frames() -> None:
    with ScriptedCamera(frames(), live=False) as camera:
        assert len(list(run_offline(camera, EmptyEstimator(), max_frames=4))) == 4


def test_offline_path_adapts_as_well() -> None:
    estimator, adaptation = LearningEstimator(), FakeAdaptation(every=2)
    with ScriptedCamera(frames(5), live=False) as camera:
        list(run_offline(camera, estimator, adaptation=adaptation))
    assert adaptation.seen == [0, 1, 2, 3, 4]
    assert estimator.revisions == [0, 0, 1, 1, 2]
    with pytest.raises(TypeError, match="cannot adapt"):
        list(run_offline(live(1), EmptyEstimator(), adaptation=adaptation))


def test_offline_path_names_a_silent_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.offline.SILENCE_S", 0.01)
    camera = FaultySource(ScriptedCamera(frames()), stall_after=2)
    seen = run_offline(camera, EmptyEstimator())
    assert [next(seen)[0].sequence for _ in range(2)] == [0, 1]
    with pytest.raises(SourceError, match=r"has sent no frame for 0\.01 s"):
        next(seen)
