"""The estimator that learns between two frames."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.adaptation.adapting_estimator import create_adapting_estimator
from engine.inference.single_view import single_view_network


@pytest.mark.slow
def test_what_another_run_left_in_the_folder_is_not_used(tmp_path: Path) -> None:
    weights = tmp_path / "adapted-0001.safetensors"
    shutil.copyfile(single_view_network().weights, weights)
    left = weights.with_suffix(".onnx")
    left.write_bytes(b"of other weights")
    made = create_adapting_estimator(tmp_path, steps_per_frame=1.0)
    assert made._make_networks(weights)
    assert left.stat().st_size > 1_000_000
