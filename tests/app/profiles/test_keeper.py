from __future__ import annotations

from pathlib import Path

import pytest

from app.profiles.keeper import RETRY_S, ProfileKeeper
from engine.adaptation.decision import Decision
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.runtime.clock import NS_PER_S
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


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "adapted.safetensors"
    path.write_bytes(b"better weights")
    return path


@pytest.fixture
def blocked(tmp_path: Path) -> ProfileStore:
    """It works once its folder, which is a file, is deleted."""
    (tmp_path / "blocked").write_text("a file where a folder should be")
    return ProfileStore(tmp_path / "blocked")


def test_accepted_weights_are_in_the_profile_soon(store: ProfileStore, weights: Path) -> None:
    keeper = ProfileKeeper(store)
    improved = keeper.look(store.load("Ada"), _status(weights, 1, accepted=1))
    assert improved is not None
    assert keeper.close()
    kept = store.load("Ada")
    assert kept.weights == b"better weights"
    assert kept.provenance.decisions == 1


def test_the_same_weights_are_saved_once(store: ProfileStore, weights: Path) -> None:
    keeper = ProfileKeeper(store)
    assert keeper.look(store.load("Ada"), _status(weights, 1)) is not None
    assert keeper.look(store.load("Ada"), _status(weights, 1)) is None
    assert keeper.close()


def test_the_newest_of_several_wins(store: ProfileStore, tmp_path: Path) -> None:
    keeper, began = ProfileKeeper(store), store.load("Ada")
    for revision in range(1, 6):
        weights = tmp_path / f"{revision}.safetensors"
        weights.write_bytes(f"weights {revision}".encode())
        assert keeper.look(began, _status(weights, revision, revision)) is not None
        keeper.poll()
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


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000

    def __call__(self) -> int:
        return self.now_s * NS_PER_S


def _failures(keeper: ProfileKeeper) -> list[str]:
    """What is told until the save under way has ended."""
    told: list[str] = []

    def settled() -> bool:
        failure = keeper.poll()
        told.extend([str(failure)] if failure is not None else [])
        return keeper._saving is None

    wait_until(settled)
    return told


def test_a_save_that_fails_is_told_once_and_tried_again(
    blocked: ProfileStore, weights: Path
) -> None:
    clock = Clock()
    keeper = ProfileKeeper(blocked, clock)
    keeper.look(make_profile("Ada"), _status(weights, 1))
    assert len(_failures(keeper)) == 1
    clock.now_s += RETRY_S
    assert _failures(keeper) == [], "the same again"
    blocked.folder.unlink()
    assert _failures(keeper) == []
    assert blocked.names() == (), "not before a pause"
    clock.now_s += RETRY_S
    assert _failures(keeper) == []
    assert blocked.load("Ada").weights == b"better weights"


def test_what_failed_has_one_more_chance_at_the_end(blocked: ProfileStore, weights: Path) -> None:
    keeper = ProfileKeeper(blocked, Clock())
    keeper.look(make_profile("Ada"), _status(weights, 1))
    assert _failures(keeper)
    blocked.folder.unlink()
    assert keeper.close()
    assert blocked.load("Ada").weights == b"better weights"


def test_what_fails_at_the_end_is_said(
    blocked: ProfileStore, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = ProfileKeeper(blocked)
    keeper.look(make_profile("Ada"), _status(weights, 1))
    assert not keeper.close()
    said = capsys.readouterr().err
    assert said.startswith("handtune: Cannot write")
    assert said.count("\n") == 1


def test_nobody_waits_in_vain_for_another_ones_save(blocked: ProfileStore, weights: Path) -> None:
    keeper = ProfileKeeper(blocked, Clock())
    keeper.look(make_profile("Ada"), _status(weights, 1))
    assert _failures(keeper)
    keeper.begin()
    keeper.look(make_profile("Grace"), _status(weights, 1))
    blocked.folder.unlink()
    assert keeper.close()
    assert blocked.names() == ("Ada", "Grace")


def test_first_weights_that_come_back_are_those_the_session_began_with(
    store: ProfileStore, weights: Path, tmp_path: Path
) -> None:
    shipped = tmp_path / "shipped.safetensors"
    shipped.write_bytes(b"weights that ship")
    keeper, began = ProfileKeeper(store), store.load("Ada")
    keeper.look(began, _status(weights, 1, accepted=1))
    assert keeper.look(began, _status(shipped, 0, accepted=1)) is began
    assert keeper.close()
    kept = store.load("Ada")
    assert (kept.weights, kept.provenance.decisions) == (None, 0)


def test_after_a_reset_the_session_of_before_it_keeps_nothing(
    store: ProfileStore, weights: Path
) -> None:
    keeper, began = ProfileKeeper(store), store.load("Ada")
    keeper.look(began, _status(weights, 1))
    keeper.forget("Ada")
    assert keeper.look(began, _status(weights, 2)) is None
    assert keeper.close()
    assert store.load("Ada").weights is None
    keeper.begin()
    assert keeper.look(began, _status(weights, 1)) is not None
    assert keeper.close()
    assert store.load("Ada").weights == b"better weights"


def test_a_failed_save_of_a_forgotten_profile_is_not_tried_again(
    blocked: ProfileStore, weights: Path
) -> None:
    keeper = ProfileKeeper(blocked)
    keeper.look(make_profile("Ada"), _status(weights, 1))
    keeper.poll()
    keeper.forget("Ada")
    blocked.folder.unlink()
    assert keeper.poll() is None
    assert keeper.close()
    assert blocked.names() == ()


def test_a_deleted_profile_is_not_brought_back(store: ProfileStore, weights: Path) -> None:
    keeper = ProfileKeeper(store)
    keeper.look(store.load("Ada"), _status(weights, 1))
    keeper.poll()
    weights.write_bytes(b"even better weights")
    keeper.look(store.load("Ada"), _status(weights, 2))
    keeper.forget("Ada")
    store.delete("Ada")
    keeper.close()
    assert store.names() == ()
