"""The folder of profiles: whatever happens, a loadable one is there."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.adaptation import profile_store
from engine.adaptation.opened_profile import fitted_to_program, unpacked_weights
from engine.adaptation.profile import Profile, ProfileError
from engine.adaptation.profile_store import ProfileStore, default_folder
from engine.atomic_file import OutputError
from tests.engine.adaptation.test_profile import assert_same, example


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "profiles")


def numbered(number: int, size: int = 0) -> Profile:
    """Profiles that can be told apart, with `size` bytes of weights."""
    profile = example(weights=bytes([number % 251]) * size or None)
    return replace(profile, provenance=replace(profile.provenance, frames=number))


def test_saved_profiles_are_listed_and_loaded(store: ProfileStore) -> None:
    assert store.names() == ()
    saved = store.save(example("Zoë"))
    store.save(example("Ada"))
    assert store.names() == ("Ada", "Zoë")
    assert_same(store.load("Zoë"), saved)
    assert [entry.problem for entry in store.listed()] == ["", ""]
    assert not list(store.folder.glob(".*"))


def test_a_save_sweeps_what_killed_ones_left(store: ProfileStore) -> None:
    store.save(example())
    gone = 2**22 + 1  # No process has that number.
    left = (".Ada.partial-{}.handtune", ".Ada.partial-{}.handtune.former", ".Ada.handtune.probe-{}")
    for name in (*left, ".Ada Lovelace.partial-{}.handtune"):
        store.folder.joinpath(name.format(gone)).touch()
    store.save(example())
    assert [path.name for path in store.folder.glob(".*")] == [
        f".Ada Lovelace.partial-{gone}.handtune"
    ]


def test_the_folder_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANDTUNE_PROFILES", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("HANDTUNE_PROFILES")
    assert default_folder().name == "profiles"


def test_a_save_keeps_the_former_one(store: ProfileStore) -> None:
    for number in (1, 2, 3):
        store.save(numbered(number))
    assert store.load("Ada").provenance.frames == 3
    assert store.load_former("Ada").provenance.frames == 2
    store.restore_former("Ada")
    assert store.load("Ada").provenance.frames == 2


def test_a_damaged_profile_is_refused_and_the_former_one_used(store: ProfileStore) -> None:
    store.save(numbered(1, 5000))
    store.save(numbered(2, 5000))
    path = store.path("Ada")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in [0, 20, 60, 100, len(whole) - 1, *rng.integers(0, len(whole), 25)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ProfileError, match="profiles restore 'Ada'"):
            store.load("Ada")
        opened = store.open("Ada")
        assert opened.profile.provenance.frames == 1
        assert "cannot be used" in opened.sentences[0]
        assert "former one" in opened.sentences[0]
        (entry,) = store.listed()
        assert entry.profile is None
        assert entry.has_former


def test_saving_over_a_damaged_profile_keeps_the_whole_former_one(store: ProfileStore) -> None:
    store.save(numbered(1))
    store.save(numbered(2))
    store.path("Ada").write_bytes(b"rubbish")
    store.save(numbered(3))
    assert store.load("Ada").provenance.frames == 3
    assert store.load_former("Ada").provenance.frames == 1


def test_a_damaged_profile_without_a_former_one_says_what_to_do(store: ProfileStore) -> None:
    store.save(numbered(1))
    store.path("Ada").write_bytes(b"")
    with pytest.raises(ProfileError, match="no former one; enrol again"):
        store.open("Ada")


def test_a_missing_profile_names_those_there_are(store: ProfileStore) -> None:
    store.save(example("Zoë"))
    with pytest.raises(ProfileError, match=r"no profile called 'Ada'.*'Zoë'"):
        store.load("Ada")


def test_the_file_name_is_the_name(store: ProfileStore) -> None:
    store.save(example("Ada"))
    store.path("Ada").rename(store.path("Grace"))
    assert store.load("Grace").name == "Grace"


@pytest.mark.parametrize("keep", [True, False])
def test_reset_forgets(store: ProfileStore, keep: bool) -> None:
    store.save(numbered(1, 100))
    store.reset("Ada", keep_shapes=keep)
    profile = store.load("Ada")
    assert profile.weights is None
    assert bool(profile.shapes) is keep
    assert not store.has_former("Ada")


def test_delete_leaves_nothing(store: ProfileStore) -> None:
    store.save(numbered(1))
    store.save(numbered(2))
    store.delete("Ada")
    assert list(store.folder.iterdir()) == []
    with pytest.raises(ProfileError, match="no profile called"):
        store.delete("Ada")


def test_rename_moves_and_never_overwrites(store: ProfileStore) -> None:
    store.save(numbered(1))
    store.save(example("Grace"))
    with pytest.raises(ProfileError, match="already"):
        store.rename("Ada", "Grace")
    store.rename("Ada", "Zoë")
    assert store.names() == ("Grace", "Zoë")
    assert store.load("Zoë").provenance.frames == 1


def test_weights_of_another_release_are_left_out(store: ProfileStore) -> None:
    store.save(replace(numbered(1, 100), base_weights="0" * 64))
    opened = store.open("Ada")
    assert opened.profile.weights is None
    assert opened.profile.shapes
    assert "not used; its hand shape is" in opened.sentences[0]


def test_another_hand_model_is_refused() -> None:
    with pytest.raises(ProfileError, match="another hand model"):
        fitted_to_program(replace(example(), hand_model="0" * 64))


def test_weights_become_a_file_once(tmp_path: Path) -> None:
    path = unpacked_weights(example(weights=b"abc"), tmp_path)
    assert path is not None
    assert path.read_bytes() == b"abc"
    path.write_bytes(b"abX")
    assert unpacked_weights(example(weights=b"abc"), tmp_path) == path
    assert path.read_bytes() == b"abc"
    assert unpacked_weights(example(weights=None), tmp_path) is None


@pytest.mark.parametrize("forget", [ProfileStore.delete, ProfileStore.reset])
def test_what_was_made_from_forgotten_weights_goes_too(
    store: ProfileStore,
    forget: Callable[[ProfileStore, str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDTUNE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    other = unpacked_weights(example(weights=b"another person's"))
    assert other is not None
    for weights in (b"oldest", b"former", b"present"):
        profile = store.save(example(weights=weights))
        made = unpacked_weights(profile)
        assert made is not None
        made.with_name(f"{made.stem}-0123-v1.onnx").write_bytes(weights)
    assert len(list(other.parent.iterdir())) == 5, "those of the oldest are gone"
    forget(store, profile.name)
    assert list(other.parent.iterdir()) == [other]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked child")
def test_killed_at_any_time_a_whole_profile_is_there(store: ProfileStore) -> None:
    rng = np.random.default_rng(1)
    store.save(numbered(0, 400_000))
    seen = []
    for round_ in range(25):
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            _save_for_ever(store, first=1000 * round_ + 1, tell=tell)
        for _ in range(1 + round_ % 2):
            os.read(told, 1)  # begun, and in every other round saved once
        time.sleep(float(rng.uniform(0.0, 0.06)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
        profile = store.load("Ada")
        number = profile.provenance.frames
        assert profile.weights == bytes([number % 251]) * 400_000
        if number:
            # Equal where the kill came between setting aside and renaming.
            assert store.load_former("Ada").provenance.frames <= number
        seen.append(number)
    assert len(set(seen)) > 5, "the children never got to save anything"
    store.save(numbered(7))
    assert not list(store.folder.glob(".*")), "what killed saves left is swept away"


def _save_for_ever(store: ProfileStore, first: int, tell: int) -> None:
    try:
        number = first
        while True:
            os.write(tell, b".")
            store.save(numbered(number, 400_000))
            number += 1
    finally:
        os._exit(1)


def test_a_full_disk_changes_nothing(store: ProfileStore) -> None:
    """The kernel refuses to let any file grow beyond 100 kB."""
    resource = pytest.importorskip("resource")
    store.save(numbered(1))
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="Nothing was changed"):
            store.save(numbered(2, 1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, former)
    assert store.load("Ada").provenance.frames == 1
    assert [file.name for file in store.folder.iterdir()] == ["Ada.handtune"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_to_sync_changes_nothing(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    store.save(numbered(1))

    def failing(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutputError):
        store.save(numbered(2))
    assert store.load("Ada").provenance.frames == 1


def test_a_disk_that_lies_is_caught(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(numbered(1))
    write = profile_store.write_through

    def lying(path: Path, data: bytes) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda _: data[:-1] + b"?")
            write(path, data)

    monkeypatch.setattr(profile_store, "write_through", lying)
    with pytest.raises(OutputError, match="other bytes"):
        store.save(numbered(2))
    monkeypatch.undo()
    assert store.load("Ada").provenance.frames == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    # A file where the folder should be: refused to everybody, root included.
    (tmp_path / "profiles").write_text("in the way")
    with pytest.raises(OutputError, match="name a writable place"):
        ProfileStore(tmp_path / "profiles").save(example())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said(store: ProfileStore) -> None:
    store.save(numbered(1))
    store.folder.chmod(0o500)
    try:
        with pytest.raises(OutputError):
            store.save(numbered(2))
        assert store.load("Ada").provenance.frames == 1
    finally:
        store.folder.chmod(0o700)
