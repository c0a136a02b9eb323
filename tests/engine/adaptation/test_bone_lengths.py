"""Bones and widths in millimetres, and that their intervals mean what they say."""

from __future__ import annotations

import numpy as np

from engine.adaptation.bone_lengths import (
    BONE_NAMES,
    MODEL_SHARE,
    TWO_SIDED_95,
    bone_lengths_m,
    measures,
    width_names,
    widths_m,
)
from engine.hand.model import load_hand_model
from engine.inference.fitting import KnownShape, nothing_known
from engine.inference.fitting.shape import PRIOR_PRECISION


def known(seed: int = 0, strength: float = 40.0) -> KnownShape:
    """What some frames might have said: much in some directions, little in others."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 1, (10, 4)) * np.sqrt(strength)
    information = root @ root.T
    shape = rng.normal(0, 0.7, 10)
    return KnownShape(information, (information + np.diag(PRIOR_PRECISION)) @ shape)


def test_the_mean_hand_measures_like_a_hand() -> None:
    found = {m.name: m.mm for m in measures(load_hand_model(), nothing_known(), nothing_known())}
    assert len(found) == len(BONE_NAMES) + len(width_names()) == 27
    assert 40 < found["index proximal"] < 50
    assert 70 < found["palm width"] < 95
    assert 14 < found["pinky width"] < found["thumb width"] < 25


def test_a_larger_hand_is_longer_and_wider_everywhere() -> None:
    model, larger = load_hand_model(), np.eye(10)[0]
    for measure in (bone_lengths_m, widths_m):
        assert (measure(model, larger) > measure(model, np.zeros(10)) * 1.02).all()


def test_thickness_widens_fingers_and_leaves_bones() -> None:
    model, thicker = load_hand_model(), np.eye(10)[9]
    np.testing.assert_allclose(
        bone_lengths_m(model, thicker), bone_lengths_m(model, np.zeros(10)), rtol=0.01
    )
    assert (widths_m(model, thicker)[2:] > widths_m(model, np.zeros(10))[2:]).all()


def test_intervals_hold_95_of_100_hands_of_that_knowledge() -> None:
    model, person = load_hand_model(), known()
    stated = measures(model, person, nothing_known())
    rng = np.random.default_rng(1)
    hands = rng.multivariate_normal(person.shape, person.covariance, 600)
    lengths = np.array([1000 * bone_lengths_m(model, hand) for hand in hands])
    widths = np.array([1000 * widths_m(model, hand) for hand in hands])
    drawn = np.concatenate([lengths, widths], 1)
    low = np.array([m.low_mm for m in stated])
    high = np.array([m.high_mm for m in stated])
    inside = ((drawn >= low) & (drawn <= high)).mean(0)
    assert (inside > 0.92).all()
    assert inside.mean() < 0.985


def test_a_stranger_is_not_seen_and_a_known_person_is() -> None:
    model = load_hand_model()
    assert not any(m.seen for m in measures(model, nothing_known(), nothing_known()))
    certain = KnownShape(1e6 * np.eye(10), np.zeros(10))
    for measure in measures(model, certain, nothing_known()):
        assert measure.seen
        assert measure.sure_mm < 1.05 * TWO_SIDED_95 * MODEL_SHARE * measure.mm


def test_what_was_not_seen_stays_wide() -> None:
    """Knowing all but the palm's thickness leaves exactly that open."""
    model = load_hand_model()
    information = np.diag([1e4] * 8 + [0.0] + [1e4])
    found = measures(model, KnownShape(information, np.zeros(10)), nothing_known())
    assert [m.name for m in found if not m.seen] == ["palm thickness"]
