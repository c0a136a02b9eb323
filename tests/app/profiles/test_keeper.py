from __future__ import annotations

from pathlib import Path

import pytest

from app.profiles.keeper import ProfileKeeper
from engine.adaptation.decision import Decision
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from tests.app.profiles.people import make_profile
from tests.fakes.waiting import wait_until


def _status(weights: Path, revision: int, accepted: int = 0) -> AdaptationStatus:
    decisions = tuple(Decision(float(k), 40 * k, True, "better") for k in range(accepted))
    return AdaptationStatus(
        AdaptationState.LEARNING,
        weights,
        revision,
        progress=AdaptationProgress(decisions=decisions),
    )


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    made = ProfileStore(tmp_path / "profiles")
    made.save(make_profile("Ada"))
    return made


def test_accepted_weights_are_in_the_profile_soon(store: ProfileStore, tmp_path: Path) -> None:
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    keeper = ProfileKeeper(store)
    improved = keeper.look(store.load("Ada"), _status(weights, 1, accepted=1))
    assert improved is not None
    assert keeper.close()
    kept = store.load("Ada")
    assert kept.weights == b"better weights"
    assert kept.provenance.decisions == 1


def test_the_same_weights_are_saved_once(store: ProfileStore, tmp_path: Path) -> None:
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    keeper = ProfileKeeper(store)
    assert keeper.look(store.load("Ada"), _status(weights, 1)) is not None
    assert keeper.look(store.load("Ada"), _status(weights, 1)) is None
    assert keeper.close()


def test_the_newest_of_several_wins(store: ProfileStore, tmp_path: Path) -> None:
    keeper, profile = ProfileKeeper(store), store.load("Ada")
    for revision in range(1, 6):
        weights = tmp_path / f"{revision}.safetensors"
        weights.write_bytes(f"weights {revision}".encode())
        profile = keeper.look(profile, _status(weights, revision, revision)) or profile
    assert keeper.close()
    kept = store.load("Ada")
    assert kept.weights == b"weights 5"
    assert kept.provenance.decisions == 5


def test_nothing_is_kept_of_nobody_and_of_files_that_are_gone(
    store: ProfileStore, tmp_path: Path
) -> None:
    keeper = ProfileKeeper(store)
    assert keeper.look(None, _status(tmp_path / "gone", 1)) is None
    assert keeper.look(store.load("Ada"), None) is None
    assert keeper.look(store.load("Ada"), _status(tmp_path / "gone", 1)) is None
    assert store.load("Ada").weights is None


def test_a_save_that_fails_is_told_once(tmp_path: Path) -> None:
    blocked = tmp_path / "profiles"
    blocked.write_text("a file where a folder should be")
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    keeper = ProfileKeeper(ProfileStore(blocked))
    keeper.look(make_profile("Ada"), _status(weights, 1))
    failures: list[object] = []

    def told() -> bool:
        failures.append(keeper.poll())
        return failures[-1] is not None

    wait_until(told)
    assert keeper.poll() is None


def test_a_deleted_profile_is_not_brought_back(store: ProfileStore, tmp_path: Path) -> None:
    weights = tmp_path / "adapted.safetensors"
    weights.write_bytes(b"better weights")
    keeper = ProfileKeeper(store)
    keeper.look(store.load("Ada"), _status(weights, 1))
    weights.write_bytes(b"even better weights")
    keeper.look(store.load("Ada"), _status(weights, 2))
    keeper.forget("Ada")
    store.delete("Ada")
    keeper.close()
    assert store.names() == ()
