"""`eval --adapt`: the same frames twice, and what it says of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.cli import main
from engine.adaptation.decision import Decision
from engine.adaptation.profile import Profile
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.progress import AdaptationProgress
from engine.inference.fitting import KnownShape
from engine.messages import FrameSet, Scene, Side
from tests.engine.adaptation.test_profile import example
from tests.fakes.truth_estimator import OFFSET_M, TruthEstimator

SMALL = "width=160,height=120,frames=8,mode=stream"


@dataclass(slots=True)
class _Adapter:
    progress: AdaptationProgress = field(
        default_factory=lambda: AdaptationProgress(
            steps=16,
            samples=7,
            held_out=2,
            revision=1,
            decisions=(
                Decision(1.0, 16, True, "better on held-out samples", 9.0, 7.5, 11.0, 11.2),
            ),
            refused={"residual": 3},
        )
    )


@dataclass(slots=True)
class _Adapting:
    """An estimator that finds every hand, with an adapter that has a story to tell."""

    adapter: _Adapter = field(default_factory=_Adapter)
    inner: TruthEstimator = field(default_factory=TruthEstimator)
    known: Mapping[Side, KnownShape] | None = None

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        self.known = shapes

    def estimate(self, frame_set: FrameSet) -> Scene:
        return self.inner.estimate(frame_set)

    def settle(self) -> None:
        """Nothing is left to do."""

    def reset(self) -> None:
        self.inner.reset()


@pytest.fixture
def two_runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, float]]:
    asked: list[tuple[Path, float]] = []

    def adapting(folder: Path, steps: float, _person: Profile | None) -> _Adapting:
        asked.append((folder, steps))
        return _Adapting()

    monkeypatch.setattr(
        "app.commands.tracking_run.create_estimator", lambda: TruthEstimator(miss_every=4)
    )
    monkeypatch.setattr("app.commands.adapted_evaluation._adapting", adapting)
    return asked


def test_both_runs_are_compared_on_the_frames_that_both_found(
    tmp_path: Path, two_runs: list[tuple[Path, float]], capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "figures.json"
    assert main(["eval", "sim", SMALL, "--adapt", "--steps", "2.5", "--json", str(target)]) == 0
    assert [steps for _, steps in two_runs] == [2.5]
    figures = json.loads(target.read_text())
    assert figures["found"] == 8, "the usual figures are those with adaptation"
    adaptation = figures["adaptation"]
    assert (adaptation["steps_per_frame"], adaptation["steps"]) == (2.5, 16)
    assert adaptation["decisions"][0]["accepted"] is True
    whole = adaptation["stretches"]["whole"]
    assert whole["hands"] == 6, "two of eight were missed without adaptation"
    assert adaptation["stretches"]["first half"]["hands"] == 3
    assert math.isclose(whole["network_before"]["mpjpe_mm"], 1e3 * OFFSET_M, rel_tol=1e-6)
    printed = capsys.readouterr().out
    assert "last half, 3 hands" in printed
    assert "2.5 learning steps a frame" in printed
    assert "gate: 1 accepted, 0 refused, 0 rolled back" in printed
    assert "3 not believed (residual 3)" in printed


def test_a_person_is_known_without_and_with_learning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDTUNE_PROFILES", str(tmp_path / "profiles"))
    monkeypatch.setenv("HANDTUNE_CACHE", str(tmp_path / "cache"))
    ProfileStore().save(example(weights=b"weights of Ada"))
    made: list[tuple[_Adapting, Path | None]] = []

    def make(weights: Path | None = None) -> _Adapting:
        made.append((_Adapting(), weights))
        return made[-1][0]

    monkeypatch.setattr("app.commands.tracking_run.create_estimator", make)
    monkeypatch.setattr(
        "engine.adaptation.adapting_estimator.create_adapting_estimator",
        lambda _folder, _steps, weights: make(weights),
    )
    assert main(["eval", "sim", SMALL, "--adapt", "--profile", "Ada"]) == 0
    assert len(made) == 2
    for estimator, weights in made:
        assert weights is not None
        assert weights.read_bytes() == b"weights of Ada"
        assert estimator.known is not None
        assert set(estimator.known) == set(Side)


@pytest.mark.parametrize("steps", ["0", "-1", "many", "nan", "1000"])
def test_an_amount_of_work_that_makes_no_sense_is_refused(
    steps: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eval", "sim", SMALL, "--adapt", "--steps", steps])
    assert ended.value.code == 2
    assert "learning steps a frame" in capsys.readouterr().err
