"""A session that adapts while it tracks, and meters that look at it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.inference.meters import TruthMeters
from engine.runtime.clock import NS_PER_S
from engine.session import TrackingSession
from engine.session_status import SessionState
from tests.fakes.adapters import FakeAdaptation
from tests.fakes.cameras import ScriptedCamera, live, plane_frame, reopening
from tests.fakes.estimators import EmptyEstimator, LearningEstimator
from tests.fakes.waiting import wait_until


def test_adaptation_that_does_not_start_leaves_nothing_running() -> None:
    adaptation = FakeAdaptation()
    adaptation.fails_to_start = True
    session = TrackingSession("fake:", LearningEstimator, reopening(live), adaptation=adaptation)
    with pytest.raises(RuntimeError, match="can't start new process"):
        session.start()
    assert not session.threads_running


def test_sightings_are_offered_and_weights_change_between_frames() -> None:
    made: list[LearningEstimator] = []

    def remembered() -> LearningEstimator:
        made.append(LearningEstimator())
        return made[0]

    adaptation = FakeAdaptation(every=3)
    with TrackingSession("fake:", remembered, reopening(live), adaptation=adaptation) as session:
        wait_until(lambda: len(adaptation.seen) > 12)
        status = session.status()
        assert status.adaptation is not None
        assert status.adaptation.state == "learning"
        assert [health.name for health in session.health()] == [
            "capture",
            "inference",
            "adaptation",
        ]
    assert adaptation.first == ("network 0",)
    assert adaptation.seen == made[0].sequences
    assert made[0].revisions == [k // 3 for k in range(len(made[0].revisions))]
    assert made[0].networks[0] == f"network {made[0].revision}"
    assert session.status().adaptation.state == "stopped"


def test_estimator_without_weights_cannot_adapt() -> None:
    adaptation = FakeAdaptation()
    with TrackingSession(
        "fake:", EmptyEstimator, reopening(live), adaptation=adaptation
    ) as session:
        wait_until(lambda: session.status().state is SessionState.FAILED)
        assert "EmptyEstimator cannot adapt" in session.status().sentence


def test_session_without_adaptation_says_nothing_of_it() -> None:
    session = TrackingSession("fake:", EmptyEstimator, reopening(live))
    assert session.status().adaptation is None
    assert session.readings() is None


def test_meters_look_at_every_scene() -> None:
    made: list[TruthMeters] = []

    def remembered() -> TruthMeters:
        made.append(TruthMeters(np.zeros((0, 3), np.int32)))
        return made[0]

    frames_in_time = (replace(plane_frame(k), source_ns=k * NS_PER_S // 10) for k in range(40))
    source = reopening(lambda: ScriptedCamera(frames_in_time, live=False, fps=1000))
    with TrackingSession("fake:", EmptyEstimator, source, make_meters=remembered) as session:
        wait_until(lambda: session.status().state is SessionState.ENDED)
        wait_until(lambda: len(session.readings().residual_m.history) == 7)  # 3.9 s by 0.5 s
    assert session.readings() == made[0].readings()
