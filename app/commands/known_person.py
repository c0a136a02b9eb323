"""`--profile NAME [--adapt]`: a tracker that knows a person, and what it learnt meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.commands.tracking_run import load_estimator
from engine.adaptation.opened_profile import unpacked_weights
from engine.adaptation.profile import Profile
from engine.adaptation.profile_changes import improved
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.service import AdaptationService
from engine.adaptation.status import AdaptationStatus
from engine.inference.depth_estimator import DepthEstimator


def open_profile(name: str | None) -> Profile | None:
    """The profile of a name, with what must be said about it on stderr; None without a name.

    Raises:
        ProfileError: there is none, or nothing of it can be used.
    """
    if name is None:
        return None
    opened = ProfileStore().open(name)
    for sentence in opened.sentences:
        print(f"handtune: {sentence}", file=sys.stderr)
    return opened.profile


def estimator_for(profile: Profile | None) -> DepthEstimator:
    """The tracker with the person's weights and hands, or as shipped."""
    estimator = load_estimator(weights_of(profile))
    if profile is not None:
        estimator.know_person(profile.shapes_for_tracking())
    return estimator


@contextmanager
def adapting(wanted: bool, profile: Profile | None) -> Iterator[AdaptationService | None]:
    """An adaptation that learns while the block runs; at its end the profile keeps what was
    accepted, and a line on stderr says what came of it."""
    if not wanted:
        yield None
        return
    from engine.adaptation.live import create_adaptation

    service = create_adaptation(weights_of(profile))
    with service:
        try:
            yield service
        finally:
            status = service.status()
            _tell(status, profile)
            _keep(status, profile)


def weights_of(profile: Profile | None) -> Path | None:
    """The file of the person's weights; None for those that ship."""
    return None if profile is None else unpacked_weights(profile)


def _keep(status: AdaptationStatus, profile: Profile | None) -> None:
    better = None if profile is None else improved(profile, status)
    if better is not None and better is not profile:
        ProfileStore().save(better)


def _tell(status: AdaptationStatus, profile: Profile | None) -> None:
    progress = status.progress
    unkept = profile is None and progress.accepted
    kept = " Name a --profile to keep the weights." if unkept else ""
    told = (
        f"{progress.samples} frames to learn from, {progress.steps} steps, "
        f"{progress.accepted} of {len(progress.decisions)} offers accepted.{kept} {status.sentence}"
    )
    print(f"\nAdaptation: {told.rstrip()}", file=sys.stderr)
