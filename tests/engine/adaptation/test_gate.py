"""The gate decides by figures alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.adaptation.gate import Offer, got_worse, objection
from engine.adaptation.score import HeldOutScore
from engine.adaptation.settings import GateSettings

SETTINGS = GateSettings()


def score(joints: float, residual: float = 4.0, count: int = 12) -> HeldOutScore:
    spread = np.linspace(-0.1, 0.1, count)
    return HeldOutScore(joints + spread, np.full(count, 10.0), np.full(count, residual))


GOOD = Offer(
    lessons=40,
    before=score(10.0),
    after=score(8.0),
    source_first=11.0,
    source_before=11.0,
    source_after=11.2,
    finite=True,
    step_size=0.01,
)


def test_a_clear_gain_is_accepted() -> None:
    assert objection(GOOD, SETTINGS) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"finite": False}, "numbers"),
        ({"lessons": 3}, "only 3 samples"),
        ({"before": score(10.0, count=2), "after": score(8.0, count=2)}, "only 2 held-out"),
        ({"step_size": 0.3}, "too far"),
        ({"source_after": 11.6}, "forgotten"),
        ({"source_after": float("nan")}, "forgotten"),
        ({"after": score(9.8), "source_after": 11.15}, "worth"),
        ({"after": score(9.99)}, "no gain"),
        ({"after": score(10.5)}, "no gain"),
        ({"after": score(float("nan"))}, "no gain"),
        ({"before": score(10.0, 4.0), "after": score(8.0, 4.5)}, "depth"),
    ],
)
def test_what_is_refused(change: dict[str, object], says: str) -> None:
    assert says in objection(replace(GOOD, **change), SETTINGS)  # type: ignore[arg-type]


def test_a_mesh_that_gains_does_not_pay_for_joints_that_lose() -> None:
    before = HeldOutScore(np.full(12, 6.0), np.full(12, 20.0), np.full(12, 14.0))
    after = HeldOutScore(np.full(12, 6.5), np.full(12, 10.0), np.full(12, 8.0))
    assert "joints" in objection(replace(GOOD, before=before, after=after), SETTINGS)


def test_one_lucky_sample_is_no_gain() -> None:
    before = score(10.0)
    joints = before.joints.copy()
    joints[0] -= 8.0
    lucky = HeldOutScore(joints + 0.05, before.head, before.depth)
    assert "chance" in objection(replace(GOOD, before=before, after=lucky), SETTINGS)


def test_the_watch_needs_enough_new_samples_and_a_clear_loss() -> None:
    assert got_worse(score(8.0), score(9.0), SETTINGS)
    assert not got_worse(score(8.0), score(8.05), SETTINGS)
    assert not got_worse(score(9.0), score(8.0), SETTINGS)
    assert not got_worse(score(8.0, count=3), score(9.0, count=3), SETTINGS)
