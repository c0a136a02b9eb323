"""Newcomers: kept apart from training, repeatable, and measured against the truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.newcomer_people import NEWCOMER_SEED, newcomer
from engine.evaluation.newcomers import (
    ABLATIONS,
    WHOLE,
    Accuracy,
    NewcomerRow,
    Variant,
    measure_newcomer,
    row_of,
)
from engine.hand.model import load_hand_model
from engine.losses.objective import single_view_objective
from engine.losses.views import ViewFitter
from engine.messages import Side


def test_people_differ_and_are_repeatable() -> None:
    people = [newcomer(number) for number in range(60)]
    np.testing.assert_array_equal(people[7].person.shape, newcomer(7).person.shape)
    scales = np.array([person.scale for person in people])
    assert scales.min() < 0.8 < 1.1 < scales.max(), "children and large adults"
    assert {person.side for person in people} == set(Side)
    assert len({person.size for person in people}) > 2


def test_takes_of_a_person_show_other_motion_of_the_same_hand() -> None:
    person = newcomer(3)
    frames = []
    for take in (1, 2, 2):
        with person.camera("free", 1.0, take) as camera:
            frames.append(camera.read())
    assert not np.array_equal(frames[0].depth_m, frames[1].depth_m)
    np.testing.assert_array_equal(frames[1].depth_m, frames[2].depth_m)


def test_quiet_sensors_are_quieter() -> None:
    flat = []
    for quiet in (True, False):
        with newcomer(4, quiet).camera("free", 1.0) as camera:
            wall = camera.read().depth_m[:40, :40]
        flat.append(float(np.std(wall[wall > 0])))
    assert flat[0] < 0.5 * flat[1]


def test_the_seed_is_used_by_nobody_else() -> None:
    engine = Path(__file__).resolve().parents[3] / "engine"
    written = [f"{NEWCOMER_SEED}", f"{NEWCOMER_SEED:_}"]
    users = [p for p in engine.rglob("*.py") if any(w in p.read_text("utf-8") for w in written)]
    assert [p.name for p in users] == ["newcomer_people.py"]


def test_rows_survive_a_file() -> None:
    row = NewcomerRow(
        7, "all of it", 0.9, Accuracy(8.0, 5.0, 0.98), Accuracy(4.0, 2.0, 0.99), 0.01, 0.02, 0.95,
        58.0, 2, 70.0,
    )  # fmt: skip
    again = row_of(json.loads(json.dumps(row.to_json())))
    assert again == row
    assert again.ratio == 0.4


def test_every_ablation_changes_something_that_exists() -> None:
    whole = WHOLE.settings()
    assert len({variant.name for variant in ABLATIONS}) == len(ABLATIONS)
    for variant in ABLATIONS[1:]:
        changed = variant.settings() != whole or not (variant.adapts and variant.enrols)
        assert changed, variant.name
    objective = single_view_objective(ViewFitter(load_hand_model()).spheres)
    for variant in ABLATIONS:
        left_out = variant.settings().learn.left_out
        assert len(objective.without(left_out).names) == len(objective.names) - len(left_out)
    with pytest.raises(TypeError):
        Variant("nonsense", learn={"no_such_setting": 1}).settings()


def test_fusion_has_a_row_of_its_own() -> None:
    rows = [variant for variant in ABLATIONS if "fused" in variant.name]
    assert [row.settings().learn.fusion > 0 for row in rows] == [True]
    assert WHOLE.settings().learn.fusion == 0


@pytest.mark.slow
def test_one_newcomer_without_adaptation() -> None:
    """The first poses alone: enough to know the hand better."""
    variant = Variant("enrolment alone", adapts=False)
    row = measure_newcomer(newcomer(8), 10.0, 2.0, 0.0, variant)
    assert row.before.found > 0.9
    assert row.bone_mean < 0.06
    assert row.coverage > 0.7
    assert row.decisions == 0
    assert row.after.tracker_mm < row.before.tracker_mm + 0.5
