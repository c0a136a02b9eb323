from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.banner import Action, Tone
from app.profiles.presenter import NOBODY, UNDO_S, WARNING_S, ProfilesPresenter
from engine.adaptation.profile_store import ProfileStore
from engine.messages import Side
from tests.app.profiles.people import damage, make_profile

S = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    made = ProfileStore(tmp_path / "profiles")
    made.save(make_profile("Ada"))
    made.save(make_profile("Grace", -1.0))
    return made


def test_it_begins_with_nobody_and_knows_all_names(store: ProfileStore) -> None:
    presenter = ProfilesPresenter(store, Clock())
    assert presenter.names == ("Ada", "Grace")
    assert presenter.current == NOBODY
    assert presenter.profile is None


def test_choosing_tells_whether_something_changed(store: ProfileStore) -> None:
    presenter = ProfilesPresenter(store, Clock())
    assert presenter.choose("Ada")
    assert presenter.current == "Ada"
    assert presenter.choose(NOBODY)
    assert not presenter.choose(NOBODY)


def test_a_damaged_profile_is_told_and_the_one_in_use_stays(store: ProfileStore) -> None:
    damage(store, "Broken")
    clock = Clock()
    presenter = ProfilesPresenter(store, clock)
    presenter.choose("Ada")
    assert not presenter.choose("Broken")
    assert presenter.current == "Ada"
    banner = presenter.banner()
    assert banner is not None
    assert banner.tone is Tone.WARNING
    assert "Broken" in banner.advice
    assert "python" not in banner.advice
    assert banner.action is Action.DELETE
    clock.now_ns = int((WARNING_S + 1) * S)
    assert presenter.banner() is None


def test_a_damaged_profile_with_a_former_one_is_used_with_a_word(store: ProfileStore) -> None:
    store.save(make_profile("Ada", 2.0))
    damage(store, "Ada")
    presenter = ProfilesPresenter(store, Clock())
    assert presenter.choose("Ada")
    assert presenter.profile is not None
    banner = presenter.banner()
    assert banner is not None
    assert "former" in banner.advice
    assert banner.action is Action.RESTORE
    assert presenter.damaged.keys() == {"Ada"}
    assert presenter.restore_former()
    first = make_profile("Ada").shapes[Side.RIGHT]
    assert (store.load("Ada").shapes[Side.RIGHT].vector == first.vector).all()
    assert not presenter.damaged
    assert presenter.undo()
    assert presenter.damaged.keys() == {"Ada"}


def test_deleting_a_damaged_profile_leaves_the_one_in_use(store: ProfileStore) -> None:
    damage(store, "Broken")
    presenter = ProfilesPresenter(store, Clock())
    presenter.choose("Ada")
    assert not presenter.delete_refused()
    presenter.choose("Broken")
    assert presenter.delete_refused()
    assert store.names() == ("Ada", "Grace")
    assert presenter.current == "Ada"
    assert not presenter.undo()
    assert "Broken" in store.names()
    assert presenter.current == "Ada"


def test_a_deleted_profile_can_be_brought_back_as_it_was(store: ProfileStore) -> None:
    presenter = ProfilesPresenter(store, Clock())
    presenter.choose("Grace")
    before = store.path("Grace").read_bytes()
    assert presenter.delete()
    assert presenter.names == ("Ada",)
    assert presenter.current == NOBODY
    banner = presenter.banner()
    assert banner is not None
    assert banner.action is Action.UNDO
    assert presenter.undo()
    assert presenter.current == "Grace"
    assert store.path("Grace").read_bytes() == before
    assert presenter.banner() is None


def test_a_reset_forgets_the_weights_and_can_be_undone(store: ProfileStore) -> None:
    store.save(replace(make_profile("Ada"), weights=b"adapted"))
    presenter = ProfilesPresenter(store, Clock())
    presenter.choose("Ada")
    assert presenter.reset()
    assert presenter.profile is not None
    assert presenter.profile.weights is None
    assert presenter.undo()
    assert store.load("Ada").weights == b"adapted"


def test_undo_goes_after_a_while(store: ProfileStore) -> None:
    clock = Clock()
    presenter = ProfilesPresenter(store, clock)
    presenter.choose("Ada")
    presenter.delete()
    clock.now_ns = int((UNDO_S + 1) * S)
    assert presenter.banner() is None
    assert not presenter.undo()


def test_without_a_profile_there_is_nothing_to_reset_or_delete(store: ProfileStore) -> None:
    presenter = ProfilesPresenter(store, Clock())
    assert not presenter.reset()
    assert not presenter.delete()
    assert presenter.names == ("Ada", "Grace")


def test_a_saved_profile_is_used_at_once(store: ProfileStore) -> None:
    presenter = ProfilesPresenter(store, Clock())
    assert presenter.save(make_profile("Hedy"))
    assert presenter.current == "Hedy"
    assert presenter.banner() is None


def test_a_hand_measured_later_leaves_the_other_one_and_the_weights(store: ProfileStore) -> None:
    store.save(replace(make_profile("Ada"), weights=b"adapted"))
    presenter = ProfilesPresenter(store, Clock())
    right = make_profile("Ada", 3.0).shapes[Side.RIGHT]
    assert presenter.save(replace(make_profile("Ada"), shapes={Side.LEFT: right}))
    kept = store.load("Ada")
    assert set(kept.shapes) == set(Side)
    assert kept.weights == b"adapted"
    assert presenter.profile is not None
    assert presenter.profile.weights == b"adapted"


def test_a_damaged_profile_that_is_enrolled_anew_is_said_to_be_replaced(
    store: ProfileStore,
) -> None:
    damage(store, "Hedy")
    presenter = ProfilesPresenter(store, Clock())
    assert presenter.save(make_profile("Hedy"))
    assert set(store.load("Hedy").shapes) == {Side.RIGHT}
    banner = presenter.banner()
    assert banner is not None
    assert banner.advice.endswith("It is replaced.")
    assert "python" not in banner.advice
    assert banner.action is Action.UNDO


def test_enrolling_a_known_name_anew_can_be_undone(store: ProfileStore) -> None:
    before = store.path("Ada").read_bytes()
    presenter = ProfilesPresenter(store, Clock())
    presenter.save(make_profile("Ada", 3.0))
    assert store.path("Ada").read_bytes() != before
    assert presenter.undo()
    assert store.path("Ada").read_bytes() == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "profiles"
    blocked.write_text("a file where a folder should be")
    presenter = ProfilesPresenter(ProfileStore(blocked), Clock())
    assert not presenter.save(make_profile("Ada"))
    banner = presenter.banner()
    assert banner is not None
    assert banner.tone is Tone.WARNING
