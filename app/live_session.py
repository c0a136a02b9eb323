"""A tracking session with everything real, for what the window wishes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app.session_use import SessionWish
from engine.adaptation.live import create_adaptation
from engine.adaptation.opened_profile import unpacked_weights
from engine.adaptation.profile import Profile
from engine.adaptation.service import AdaptationService
from engine.atomic_file import OutputError
from engine.errors import WeightsError
from engine.inference.estimator import Estimator
from engine.inference.meters import TruthMeters
from engine.recording.tracked_with import TrackedWith, shipped_weights
from engine.session import TrackingSession
from engine.sinks import SceneSink


def make_session(wish: SessionWish) -> TrackingSession:
    """Returns at once: what takes time is made on the session's own threads.

    Where the person's weights cannot be written to the cache, tracking fails and says so.
    """
    person = wish.profile
    try:
        weights = None if person is None else unpacked_weights(person)
    except OutputError as error:
        return TrackingSession(wish.uri, partial(_refuse, error))
    return TrackingSession(
        wish.uri,
        partial(_make_estimator, person, weights),
        adaptation=_adaptation(weights) if wish.improve else None,
        make_meters=_make_meters,
        tracked_with=TrackedWith(weights or shipped_weights(), person.name if person else ""),
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


def _refuse(error: OutputError) -> Estimator:
    raise error


def _make_estimator(profile: Profile | None, weights: Path | None) -> Estimator:
    # Imported on the inference thread: runtimes take a second to load, and the window is up.
    from engine.inference.depth_estimator import create_estimator

    estimator = create_estimator(weights=weights)
    if profile is not None:
        estimator.know_person(profile.shapes_for_tracking())
    return estimator


def _make_meters() -> TruthMeters:
    from engine.hand.model import load_hand_model

    return TruthMeters(load_hand_model().faces)
