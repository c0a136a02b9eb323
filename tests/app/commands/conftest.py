"""Commands run in this process, with an estimator that knows the truth."""

from __future__ import annotations

import pytest

from tests.fakes.truth_estimator import TruthEstimator

COMMANDS_THAT_TRACK = ("track", "evaluate", "bench")


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> TruthEstimator:
    """The estimator that every command gets; it misses every fourth frame."""
    made = TruthEstimator(miss_every=4)
    for command in COMMANDS_THAT_TRACK:
        monkeypatch.setattr(f"app.commands.{command}.create_estimator", lambda: made)
    monkeypatch.setattr("app.preview.create_estimator", lambda: made)
    return made
