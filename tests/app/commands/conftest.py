"""Commands run in this process, with an estimator that knows the truth."""

from __future__ import annotations

import pytest

from tests.fakes.truth_estimator import TruthEstimator


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> TruthEstimator:
    """The estimator that every command gets; it misses every fourth frame."""
    made = TruthEstimator(miss_every=4)
    monkeypatch.setattr("app.commands.tracking_run.create_estimator", lambda: made)
    return made
