"""`bench`: the shape of what it says."""

import json
from pathlib import Path

import pytest

from app.cli import main
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
