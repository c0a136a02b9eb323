"""What is kept, what is held out, what comes more often."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.adaptation.patch import HandPatch
from engine.adaptation.reservoir import Reservoir, held_out
from engine.adaptation.sample import AdaptationSample
from engine.adaptation.settings import ReservoirSettings
from engine.adaptation.teacher import Lesson
from engine.hand.skinning import HandPose
from engine.messages import Side

SETTINGS = ReservoirSettings(capacity=10, held_out_capacity=5)


def lesson(number: int, bend: float, side: Side = Side.RIGHT, urgency: float = 1.0) -> Lesson:
    pose = HandPose(np.eye(3), np.array([0.0, 0.0, 0.4]), np.full(22, bend), np.zeros(10))
    patch = HandPatch(
        PinholeCamera(2, 2, 1.0, 1.0, 0.5, 0.5), np.ones((2, 2), np.float32), pose.wrist_position,
        0.25,
    )  # fmt: skip
    points = np.zeros((21, 3))
    sample = AdaptationSample(
        side, number * 100_000_000, patch, points, np.ones(21), pose, points, 0.002, 0.99,
        np.zeros(10), 0,
    )  # fmt: skip
    return Lesson(sample, pose, points, np.ones(21), 0.002, urgency)


def test_one_block_in_five_is_held_out_as_a_whole() -> None:
    moments = np.arange(0, 200_000_000_000, 20_000_000)
    out = np.array([held_out(int(t), SETTINGS) for t in moments])
    assert abs(out.mean() - 0.2) < 0.01
    blocks = out.reshape(-1, round(SETTINGS.block_s / 0.02))
    assert (blocks.all(1) | ~blocks.any(1)).all(), "neighbours in time stay together"
    assert len(np.unique(np.flatnonzero(blocks.all(1)) % 5)) == 5, "not every fifth in step"


def test_held_out_lessons_are_never_drawn() -> None:
    reservoir, rng = Reservoir(SETTINGS), np.random.default_rng(0)
    kept_apart = [k for k in range(40) if reservoir.add(lesson(k, 0.02 * k))]
    assert kept_apart
    drawn = {one.sample.time_ns // 100_000_000 for one in reservoir.draw(rng, 500)}
    assert drawn.isdisjoint(kept_apart)


def test_a_full_side_loses_what_it_has_twice() -> None:
    reservoir = Reservoir(SETTINGS)
    numbers = [k for k in range(60) if not held_out(k * 100_000_000, SETTINGS)]
    bends = np.linspace(0, 1.5, 10)
    for k, bend in zip(numbers, bends, strict=False):
        reservoir.add(lesson(k, bend))
    reservoir.add(lesson(numbers[10], bends[4] + 1e-4))
    kept = sorted(one.pose.angles[0] for one in reservoir.lessons)
    assert len(kept) == 10
    np.testing.assert_allclose(kept, bends, atol=1e-3)


def test_sides_do_not_crowd_each_other_out() -> None:
    reservoir = Reservoir(SETTINGS)
    reservoir.add(lesson(0, 0.5, Side.LEFT))
    for k in range(1, 60):
        reservoir.add(lesson(k, 0.02 * k))
    sides = [one.sample.side for one in (*reservoir.lessons, *reservoir.held_out)]
    assert sides.count(Side.LEFT) == 1


def test_the_worst_explained_come_most_often() -> None:
    reservoir, rng = Reservoir(SETTINGS), np.random.default_rng(0)
    numbers = [k for k in range(20) if not held_out(k * 100_000_000, SETTINGS)][:2]
    reservoir.add(lesson(numbers[0], 0.0, urgency=0.5))
    reservoir.add(lesson(numbers[1], 1.0, urgency=2.0))
    drawn = [one.urgency for one in reservoir.draw(rng, 1000)]
    assert 3.0 < drawn.count(2.0) / drawn.count(0.5) < 5.5


def test_a_better_lesson_takes_the_place_of_the_old_one() -> None:
    reservoir = Reservoir(SETTINGS)
    first = lesson(0, 0.5)
    reservoir.add(first)
    better = replace(first, residual_m=0.001)
    reservoir.replace(first.sample, better)
    assert (*reservoir.lessons, *reservoir.held_out) == (better,)


def test_a_lesson_that_is_believed_no_more_is_dropped() -> None:
    reservoir = Reservoir(SETTINGS)
    first, second = lesson(0, 0.5), lesson(1, 1.0)
    reservoir.add(first)
    reservoir.add(second)
    reservoir.replace(first.sample, None)
    assert (*reservoir.lessons, *reservoir.held_out) == (second,)


def test_what_the_copy_has_learnt_comes_less_often() -> None:
    reservoir, rng = Reservoir(SETTINGS), np.random.default_rng(0)
    numbers = [k for k in range(20) if not held_out(k * 100_000_000, SETTINGS)][:2]
    learnt, open_ = (lesson(k, bend) for k, bend in zip(numbers, (0.0, 1.0), strict=True))
    reservoir.add(learnt)
    reservoir.add(open_)
    reservoir.explain([learnt, open_], [0.0, 0.012])
    drawn = reservoir.draw(rng, 1000)
    assert sum(one is open_ for one in drawn) > 4 * sum(one is learnt for one in drawn)


def test_of_two_alike_the_one_that_is_explained_worse_stays() -> None:
    reservoir = Reservoir(SETTINGS)
    numbers = [k for k in range(60) if not held_out(k * 100_000_000, SETTINGS)]
    for k, bend in zip(numbers, np.linspace(0, 1.5, 10), strict=False):
        reservoir.add(lesson(k, bend, urgency=2.0))
    reservoir.add(lesson(numbers[10], 0.01, urgency=0.5))
    assert {one.urgency for one in reservoir.lessons} == {2.0}


def test_it_knows_what_it_has_seen_of_a_side() -> None:
    reservoir = Reservoir(SETTINGS)
    reservoir.add(lesson(0, 0.5))
    assert reservoir.knows(lesson(70, 0.5))
    assert not reservoir.knows(lesson(70, 0.8))
    assert not reservoir.knows(lesson(70, 0.5, Side.LEFT))


def test_drawing_from_nothing_gives_nothing() -> None:
    assert Reservoir(SETTINGS).draw(np.random.default_rng(0), 4) == []
