"""`bench`: the shape of what it says."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands import adaptation_bench, stereo_bench
from tests.fakes.adapters import FakeAdaptation
from tests.fakes.estimators import LearningEstimator
from tests.fakes.truth_estimator import TruthEstimator


@pytest.mark.slow
def test_json(tmp_path: Path, estimator: TruthEstimator) -> None:
    target = tmp_path / "bench.json"
    assert main(["bench", "--frames", "4", "--json", str(target)]) == 0
    figures = json.loads(target.read_text())
    for case in ("one_hand", "two_hands"):
        assert figures[case]["frames"] == 4
        latency = figures[case]["latency_ms"]
        assert 0 < latency["median"] <= latency["p95"]
        assert set(latency["stages"]) == {"look"}
    assert figures["two_to_one"] > 0
    assert figures["resident_mb"] > 1
    assert estimator.frames > 8


@pytest.mark.slow
def test_stereo_pairs_are_measured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    estimator: TruthEstimator,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(stereo_bench, "SEEDS", (3,))
    monkeypatch.setattr(stereo_bench, "FILM", 3)
    monkeypatch.setattr(stereo_bench, "WARM_UP", 1)
    target = tmp_path / "bench.json"
    assert main(["bench", "--stereo", "--frames", "4", "--json", str(target)]) == 0
    figures = json.loads(target.read_text())["stereo"]
    assert figures["pairs"] == 4
    assert 0 < figures["found"] <= 4  # The hand may leave the picture.
    for part in ("matching", "estimating", "total"):
        assert 0 < figures[part]["median"] <= figures[part]["p95"]
    assert figures["total"]["median"] > figures["matching"]["median"]
    assert estimator.frames == 5
    assert "pair to scene" in capsys.readouterr().out


def test_adaptation_is_measured_off_and_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adaptation_bench, "PHASE_S", 0.2)
    monkeypatch.setattr(adaptation_bench, "SETTLE_S", 0.05)
    monkeypatch.setattr(
        adaptation_bench, "SOURCE", "sim:hands=0,width=80,height=60,pace=live,fps=99"
    )
    adaptation = FakeAdaptation(every=10)
    monkeypatch.setattr("app.commands.bench.create_adaptation", lambda: adaptation)
    monkeypatch.setattr("app.commands.bench.load_estimator", LearningEstimator)
    target = tmp_path / "bench.json"
    assert main(["bench", "--adaptation", "--rounds", "2", "--json", str(target)]) == 0
    figures = json.loads(target.read_text())["adaptation"]
    assert figures["frames_off"] > 4
    assert figures["frames_on"] > 4
    for phase in ("off", "on"):
        assert 0 < figures[phase]["median"] <= figures[phase]["p95"]
    assert figures["p95_ratio"] == pytest.approx(figures["on"]["p95"] / figures["off"]["p95"])
    assert figures["first_gain_s"] > 0
    assert figures["steps"] == len(adaptation.seen)
    assert adaptation.offered_while_paused > 4
    assert not adaptation.running
    assert "times that without" in capsys.readouterr().out


def test_a_gain_that_never_comes_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adaptation_bench, "PHASE_S", 0.1)
    monkeypatch.setattr(adaptation_bench, "SETTLE_S", 0.0)
    monkeypatch.setattr(adaptation_bench, "MOST_GAIN_S", 0.3)
    monkeypatch.setattr(
        adaptation_bench, "SOURCE", "sim:hands=0,width=80,height=60,pace=live,fps=99"
    )
    monkeypatch.setattr("app.commands.bench.create_adaptation", lambda: FakeAdaptation(every=10**6))
    monkeypatch.setattr("app.commands.bench.load_estimator", LearningEstimator)
    assert main(["bench", "--adaptation", "--rounds", "1"]) == 0
    assert "first gain none" in capsys.readouterr().out


def test_a_learner_that_does_not_load_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(adaptation_bench, "LOAD_S", 0.05)
    monkeypatch.setattr(
        adaptation_bench, "SOURCE", "sim:hands=0,width=80,height=60,pace=live,fps=99"
    )
    adaptation = FakeAdaptation()
    adaptation.loads = False
    monkeypatch.setattr("app.commands.bench.create_adaptation", lambda: adaptation)
    monkeypatch.setattr("app.commands.bench.load_estimator", LearningEstimator)
    assert main(["bench", "--adaptation"]) == 2
    assert "still loading after 0 s" in capsys.readouterr().err
    assert not adaptation.running
