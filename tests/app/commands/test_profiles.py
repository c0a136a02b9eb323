"""`profiles`, `enrol`, `track` and `eval` with `--profile`: what they print, write and refuse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from engine.adaptation.profile_store import ProfileStore
from engine.inference.fitting import KnownShape
from engine.messages import Side
from tests.engine.adaptation.test_profile import example
from tests.fakes.truth_estimator import TruthEstimator

SMALL = "sim:width=160,height=120"


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProfileStore:
    monkeypatch.setenv("HANDTUNE_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("HANDTUNE_CACHE", str(tmp_path / "cache"))
    return ProfileStore()


class KnowingEstimator(TruthEstimator):
    """Remembers whom it was told about."""

    known: Mapping[Side, KnownShape] | None = None

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        self.known = shapes


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[KnowingEstimator, list[Path | None]]:
    """The estimator that commands get, and the weights it was asked for with."""
    estimator, asked = KnowingEstimator(), []

    def make(weights: Path | None = None) -> KnowingEstimator:
        asked.append(weights)
        return estimator

    monkeypatch.setattr("app.commands.tracking_run.create_estimator", make)
    return estimator, asked


def test_an_empty_list_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles"]) == 0
    assert "enrol SOURCE --profile NAME" in capsys.readouterr().out


def test_the_list_tells_the_damaged_ones(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.save(example("Ada"))
    store.save(example("Grace", weights=None))
    store.path("Ada").write_bytes(b"rubbish")
    assert main(["profiles"]) == 0
    ada, grace = capsys.readouterr().out.splitlines()
    assert "damaged" in ada
    assert "left and right hand, shipped weights" in grace


def test_show_prints_the_bones(store: ProfileStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.save(example())
    assert main(["profiles", "show", "Ada"]) == 0
    said = capsys.readouterr().out
    assert said.count("index proximal") == 2
    assert "mesh to depth: 7.1 -> 3.9 mm" in said


def test_reset_rename_delete(store: ProfileStore) -> None:
    store.save(example())
    assert main(["profiles", "reset", "Ada"]) == 0
    assert store.load("Ada").weights is None
    assert store.load("Ada").shapes
    assert main(["profiles", "reset", "Ada", "--shape"]) == 0
    assert not store.load("Ada").shapes
    assert main(["profiles", "rename", "Ada", "Grace"]) == 0
    assert store.names() == ("Grace",)
    assert main(["profiles", "delete", "Grace"]) == 0
    assert store.names() == ()


def test_restore_brings_the_former_one_back(store: ProfileStore) -> None:
    store.save(example(weights=b"one"))
    store.save(example(weights=b"two"))
    assert main(["profiles", "restore", "Ada"]) == 0
    assert store.load("Ada").weights == b"one"


@pytest.mark.parametrize(
    "argv",
    [["show"], ["show", "Nobody"], ["delete", "../x"], ["rename", "Ada"], ["show", "a", "b"]],
)
def test_bad_requests_are_one_sentence(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", *argv]) == 2
    assert capsys.readouterr().err.startswith("handtune: ")


@pytest.mark.parametrize("command", [("track", SMALL), ("eval", "sim", "width=160,height=120")])
def test_the_person_is_known(
    store: ProfileStore, made: tuple[KnowingEstimator, list[Path | None]], command: tuple[str, ...]
) -> None:
    profile = store.save(example(weights=b"weights of Ada"))
    assert main([*command, "--frames", "2", "--profile", "Ada"]) == 0
    estimator, asked = made
    assert asked[0] is not None
    assert asked[0].read_bytes() == b"weights of Ada"
    assert estimator.known is not None
    np.testing.assert_array_equal(
        estimator.known[Side.LEFT].vector, profile.shapes[Side.LEFT].vector
    )


def test_track_goes_on_with_the_former_profile(
    store: ProfileStore,
    made: tuple[KnowingEstimator, list[Path | None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    store.save(example(weights=None))
    store.save(example(weights=b"newer"))
    store.path("Ada").write_bytes(b"rubbish")
    assert main(["track", SMALL, "--frames", "2", "--profile", "Ada"]) == 0
    assert made[1] == [None]
    assert "former one" in capsys.readouterr().err


@pytest.mark.parametrize("command", [("track", SMALL), ("eval", "sim"), ("eval", "sim", "--adapt")])
def test_an_unknown_person_is_refused_before_the_work(
    made: tuple[KnowingEstimator, list[Path | None]],
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    assert main([*command, "--profile", "Nobody"]) == 2
    assert "no profile called 'Nobody'" in capsys.readouterr().err
    assert made[0].frames == 0


def test_a_preview_has_no_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--no-window", "--profile", "Ada"]) == 2
    assert "track sim: --profile 'Ada'" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "soon", "1e9"])
def test_enrol_refuses_odd_times(seconds: str) -> None:
    with pytest.raises(SystemExit):
        main(["enrol", "sim:", "--profile", "Ada", "--seconds", seconds])


def test_enrol_refuses_an_impossible_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrol", "sim:", "--profile", "../Ada"]) == 2
    assert "cannot be called" in capsys.readouterr().err


@pytest.mark.slow
def test_enrol_writes_a_profile(
    store: ProfileStore, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("HANDTUNE_CACHE")
    target = tmp_path / "bones.json"
    argv = ["--profile", "Ada", "--seconds", "9", "--json", str(target)]
    assert main(["enrol", "sim:motion=guided,fps=8,body=0", *argv]) == 0
    said = capsys.readouterr()
    assert "index proximal" in said.out
    assert "poses that were not seen" in said.out.lower()
    assert "of 15 poses" in said.err
    assert set(store.load("Ada").shapes) == {Side.RIGHT}
    assert target.exists()
