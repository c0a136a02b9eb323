"""What crosses the border between tracker and learner, and what must not be needed there."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from engine.adaptation.decision import Decision
from engine.adaptation.learner_messages import Report
from engine.adaptation.progress import AdaptationProgress

ROOT = Path(__file__).resolve().parents[3]

TRACKERS_SIDE = """
import pickle, sys
from functools import partial
from engine.adaptation.live import create_adaptation, make_adapter
from engine.adaptation.settings import AdaptationSettings
from engine.inference.single_view import single_view_network

service = create_adaptation()
assert service.status().state == "off"
for sent in (partial(make_adapter, AdaptationSettings()), single_view_network()):
    assert pickle.loads(pickle.dumps(sent)) is not None
assert service.stop()
print("torch" in sys.modules)
"""


def test_the_trackers_process_needs_no_torch() -> None:
    run = subprocess.run(
        [sys.executable, "-c", TRACKERS_SIDE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.stdout.strip() == "False"


def test_a_report_arrives_as_it_was_sent() -> None:
    decision = Decision(1.5, 40, True, "better on held-out samples", 9.0, 8.0, 5.0, 5.1, 1)
    progress = AdaptationProgress(
        steps=40,
        losses={"joints": 0.1},
        revision=1,
        decisions=(decision,),
    )
    report = Report(progress, Path("w.safetensors"), Path("w.onnx"), rollbacks=1, dropped=2)
    arrived = pickle.loads(pickle.dumps(report))
    assert arrived.progress.decisions == (decision,)
    assert arrived.progress.losses == {"joints": 0.1}
    assert (arrived.weights, arrived.onnx) == (report.weights, report.onnx)
    assert (arrived.rollbacks, arrived.dropped) == (1, 2)
