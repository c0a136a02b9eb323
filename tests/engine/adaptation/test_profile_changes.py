"""What an enrolment and what a learning session make of a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.adaptation.decision import Decision
from engine.adaptation.profile import Profile, Provenance, base_weights_hash, new_profile
from engine.adaptation.profile_changes import enrolled, improved
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.messages import Side
from tests.engine.adaptation.test_profile import example, known


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "profiles")


def left_hand(name: str = "Ada") -> Profile:
    """Measured just now."""
    return new_profile(name, {Side.LEFT: known(7)}, Provenance(source="sim:seed=7", frames=40))


def status(weights: Path, revision: int) -> AdaptationStatus:
    """Two offers accepted, one refused."""
    decisions = tuple(Decision(1.0, 40, accepted, "") for accepted in (True, False, True))
    progress = AdaptationProgress(samples=30, decisions=decisions)
    return AdaptationStatus(AdaptationState.LEARNING, weights, revision, progress=progress)


def test_a_stranger_is_what_was_measured(store: ProfileStore) -> None:
    fresh = left_hand()
    opened = enrolled(store, fresh)
    assert (opened.profile, opened.sentences) == (fresh, ())


def test_a_hand_is_measured_anew_and_everything_else_kept(store: ProfileStore) -> None:
    former = store.save(example())
    opened = enrolled(store, left_hand())
    assert opened.sentences == ()
    merged = opened.profile
    np.testing.assert_array_equal(merged.shapes[Side.LEFT].vector, known(7).vector)
    np.testing.assert_array_equal(merged.shapes[Side.RIGHT].vector, known(1).vector)
    assert (merged.weights, merged.created) == (b"weights of Ada", former.created)
    came = merged.provenance
    assert (came.source, came.frames, came.decisions) == ("sim:seed=7", 160, 3)


def test_where_the_file_is_damaged_the_former_one_gives_what_is_kept(store: ProfileStore) -> None:
    store.save(example())
    store.save(example())
    store.path("Ada").write_bytes(b"rubbish")
    opened = enrolled(store, left_hand())
    assert set(opened.profile.shapes) == set(Side)
    assert opened.profile.weights == b"weights of Ada"
    assert "former one" in opened.sentences[0]


def test_what_cannot_be_kept_is_said(store: ProfileStore) -> None:
    store.save(replace(example(), hand_model="another"))
    fresh = left_hand()
    opened = enrolled(store, fresh)
    assert opened.profile is fresh
    assert "another hand model" in opened.sentences[0]
    store.save(replace(example(), base_weights="older"))
    opened = enrolled(store, fresh)
    assert (opened.profile.weights, opened.profile.base_weights) == (None, base_weights_hash())
    assert "not used" in opened.sentences[0]


def test_what_was_learnt_is_added_to_what_the_session_began_with(tmp_path: Path) -> None:
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    better = improved(example(), status(weights, 2))
    assert better.weights == b"better weights"
    assert (better.provenance.decisions, better.provenance.frames) == (5, 150)


def test_the_first_weights_are_those_the_session_began_with(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped.safetensors"
    shipped.write_bytes(b"weights that ship")
    for began in (example(), example(weights=None)):
        assert improved(began, status(shipped, 0)) is began


def test_weights_learnt_after_an_update_can_be_used_later(
    store: ProfileStore, tmp_path: Path
) -> None:
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    store.save(replace(example(weights=None), base_weights="older"))
    began = store.open("Ada").profile
    store.save(improved(began, status(weights, 1)))
    again = store.open("Ada")
    assert (again.profile.weights, again.sentences) == (b"better weights", ())
