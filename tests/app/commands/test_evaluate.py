"""`eval`: figures against truth, and what it refuses."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.commands.evaluate import source_uri
from tests.fakes.truth_estimator import OFFSET_M, TruthEstimator

SMALL = "width=160,height=120,frames=8"


def test_figures_of_a_constant_offset(
    tmp_path: Path, estimator: TruthEstimator, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "figures.json"
    assert main(["eval", "sim", SMALL, "--json", str(target)]) == 0
    figures = json.loads(target.read_text())
    assert (figures["frames"], figures["found"]) == (8, 6)
    assert figures["mpjpe_mm"] == pytest.approx(1e3 * OFFSET_M)
    assert figures["network"]["mpjpe_mm"] == pytest.approx(1e3 * OFFSET_M)
    assert figures["pa_mpjpe_mm"] == pytest.approx(0.0, abs=1e-6)
    assert figures["within20"] == pytest.approx(0.75)
    assert {"view", "pose", "sensor"} <= set(figures["groups"])
    assert "similarity-aligned" in capsys.readouterr().out
    assert estimator.resets == 8


@pytest.mark.usefixtures("estimator")
def test_frames_without_a_hand_count_claims(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    assert main(["eval", "sim", f"mode=empty,{SMALL}", "--json", str(target)]) == 0
    figures = json.loads(target.read_text())
    assert (figures["empty_frames"], figures["false_claims"]) == (8, 0)


def test_simulation_options_come_after_the_usual_ones() -> None:
    assert source_uri("sim", "frames=9").endswith(",frames=9")
    assert source_uri("cvar", "some/folder") == "cvar:some/folder"


def test_a_data_set_needs_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "cvar"]) == 2
    assert "needs its folder" in capsys.readouterr().err
