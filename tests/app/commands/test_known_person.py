"""`--profile NAME --adapt`: what is kept of what was learnt."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.commands.known_person import adapting
from engine.adaptation.decision import Decision
from engine.adaptation.profile import Profile
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from tests.app.profiles.people import make_profile


@dataclass
class _Service(AbstractContextManager["_Service"]):
    """An adaptation that has accepted one offer."""

    weights: Path
    revision: int

    def __exit__(self, *_: object) -> None:
        """Nothing runs."""

    def status(self) -> AdaptationStatus:
        decisions = (Decision(1.0, 40, True, "better"),)
        progress = AdaptationProgress(samples=20, decisions=decisions)
        return AdaptationStatus(
            AdaptationState.LEARNING, self.weights, self.revision, progress=progress
        )


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> _Service:
    monkeypatch.setenv("HANDTUNE_PROFILES", str(tmp_path / "profiles"))
    made = _Service(tmp_path / "adapted.safetensors", 1)
    made.weights.write_bytes(b"better weights")
    monkeypatch.setattr("engine.adaptation.live.create_adaptation", lambda _weights: made)
    return made


def _learn(profile: Profile | None) -> None:
    with adapting(True, profile):
        pass


@pytest.mark.parametrize(
    ("revision", "weights", "decisions"), [(1, b"better weights", 1), (0, None, 0)]
)
def test_accepted_weights_are_kept_and_those_given_up_are_not(
    service: _Service, revision: int, weights: bytes | None, decisions: int
) -> None:
    service.revision = revision
    _learn(ProfileStore().save(make_profile("Ada")))
    kept = ProfileStore().load("Ada")
    assert (kept.weights, kept.provenance.decisions) == (weights, decisions)


@pytest.mark.usefixtures("service")
def test_a_stranger_is_told_how_to_keep_them(capsys: pytest.CaptureFixture[str]) -> None:
    _learn(None)
    assert "Name a --profile to keep the weights." in capsys.readouterr().err
    assert ProfileStore().names() == ()
