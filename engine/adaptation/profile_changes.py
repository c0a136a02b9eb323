"""How a person's profile changes: hands that were measured anew, weights that were learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from engine.adaptation.enrolment_result import EnrolmentResult
from engine.adaptation.opened_profile import OpenedProfile
from engine.adaptation.profile import (
    Gain,
    Profile,
    ProfileError,
    Provenance,
    base_weights_hash,
    new_profile,
)
from engine.adaptation.profile_store import ProfileStore
from engine.adaptation.status import AdaptationStatus
from engine.capture.camera import CameraInfo


def measured(
    name: str,
    results: Sequence[EnrolmentResult],
    gains: Sequence[Gain],
    camera: CameraInfo | None,
) -> Profile:
    """A profile of these hands and nothing else; `camera` saw them, where that is known.

    Raises:
        ProfileError: nobody can be called that.
    """
    provenance = Provenance(
        source="" if camera is None else camera.uri,
        sensor="" if camera is None else camera.name,
        frames=sum(len(result.frames) for result in results),
        gains=tuple(gains),
    )
    return new_profile(name, {result.side: result.known for result in results}, provenance)


def enrolled(store: ProfileStore, fresh: Profile) -> OpenedProfile:
    """Freshly measured hands with what the store knows of that person already: a hand that was not
    measured now, adapted weights. One sentence for each thing that cannot be kept."""
    if not store.path(fresh.name).exists():
        return OpenedProfile(fresh)
    try:
        opened = store.open(fresh.name)
    except ProfileError as error:
        # The store's own words end with what to type, and this is done about it.
        return OpenedProfile(fresh, (f"{error.__cause__ or error} It is replaced.",))
    known = opened.profile
    came = replace(
        fresh.provenance,
        frames=known.provenance.frames + fresh.provenance.frames,
        decisions=known.provenance.decisions,
    )
    kept = replace(
        fresh,
        shapes=MappingProxyType({**known.shapes, **fresh.shapes}),
        weights=known.weights,
        created=known.created,
        provenance=came,
    )
    return OpenedProfile(kept, opened.sentences)


def improved(began: Profile, status: AdaptationStatus) -> Profile:
    """The profile that a session began with, and what the session has learnt by now; `began` itself
    while the weights are those it began with, or are so again.

    Raises:
        OSError: the weights' file is gone: it goes with the session.
    """
    if status.revision == 0:
        return began
    came = began.provenance
    return replace(
        began,
        weights=status.weights.read_bytes(),
        # A profile without weights may name those of an older program.
        base_weights=base_weights_hash(),
        provenance=replace(
            came,
            decisions=came.decisions + status.progress.accepted,
            frames=came.frames + status.progress.samples,
        ),
    )
