"""A tracking session with everything real, for what the window wishes."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from app.session_use import SessionWish
from engine.adaptation.live import create_adaptation
from engine.adaptation.profile import Profile
from engine.adaptation.service import AdaptationService
from engine.errors import WeightsError
from engine.inference.estimator import Estimator
from engine.inference.meters import TruthMeters
from engine.recording.tracked_with import TrackedWith, shipped_weights
from engine.session import TrackingSession
from engine.sinks import SceneSink

WEIGHTS_FILE = "profile.safetensors"


def make_session(wish: SessionWish) -> TrackingSession:
    """Returns at once: what takes time is made on the session's own threads."""
    weights = _WeightsOf(wish.profile)
    return TrackingSession(
        wish.uri,
        partial(_make_estimator, wish.profile, weights),
        adaptation=_adaptation(weights.path) if wish.improve else None,
        make_meters=_make_meters,
        tracked_with=_tracked_with(wish.profile, weights.path),
    )


def make_streamed_session(sink: SceneSink, wish: SessionWish) -> TrackingSession:
    """As `make_session`, and `sink` gets every scene too; its owner starts and stops it."""
    session = make_session(wish)
    session.add_scene_sink(sink)
    return session


def _adaptation(weights: Path | None) -> AdaptationService | None:
    """None where the shipped weights are missing: the estimator says so, and tracking fails."""
    try:
        return create_adaptation(weights)
    except WeightsError:
        return None


class _WeightsOf:
    """The adapted weights of a profile as a file, which goes when nobody needs this any more."""

    def __init__(self, profile: Profile | None) -> None:
        self.path: Path | None = None
        if profile is not None and profile.weights is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="handtune-profile-")
            self.path = Path(self._folder.name) / WEIGHTS_FILE
            self.path.write_bytes(profile.weights)


def _make_estimator(profile: Profile | None, weights: _WeightsOf) -> Estimator:
    # Imported on the inference thread: runtimes take a second to load, and the window is up.
    from engine.inference.depth_estimator import create_estimator

    estimator = create_estimator(weights=weights.path)
    if profile is not None:
        estimator.know_person(profile.shapes_for_tracking())
    return estimator


def _tracked_with(profile: Profile | None, weights: Path | None) -> TrackedWith:
    """What a recording says of it."""
    return TrackedWith(weights or shipped_weights(), "" if profile is None else profile.name)


def _make_meters() -> TruthMeters:
    from engine.hand.model import load_hand_model

    return TruthMeters(load_hand_model().faces)
