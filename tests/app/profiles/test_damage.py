from __future__ import annotations

from pathlib import Path

import pytest

from app.profiles.damage import DamageWatch
from engine.adaptation.profile import Profile
from engine.adaptation.profile_store import ProfileStore
from tests.app.profiles.people import damage, make_profile


class CountingStore(ProfileStore):
    """Counts what is read."""

    reads = 0

    def load(self, name: str) -> Profile:
        self.reads += 1
        return super().load(name)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    made = CountingStore(tmp_path / "profiles")
    made.save(make_profile("Ada"))
    damage(made, "Broken")
    made.save(make_profile("Grace"))
    return made


def test_one_look_reads_one_file_and_later_ones_only_what_changed(store: CountingStore) -> None:
    watch = DamageWatch(store)
    for reads in (1, 2, 3, 3):
        problems = watch.look(store.names())
        assert store.reads == reads
    assert problems.keys() == {"Broken"}
    assert "Broken" in problems["Broken"]
    damage(store, "Grace")
    assert watch.look(store.names()).keys() == {"Broken", "Grace"}
    assert store.reads == 4


def test_a_profile_that_is_gone_or_whole_again_is_not_damaged(store: CountingStore) -> None:
    watch = DamageWatch(store)
    assert watch.problem("Broken")
    assert not watch.problem("Nobody")
    store.delete("Broken")
    assert not watch.look(store.names())
    store.save(make_profile("Broken"))
    assert not watch.problem("Broken")
