"""Profiles made up for tests."""

from __future__ import annotations

import numpy as np

from engine.adaptation.profile import Profile, Provenance, new_profile
from engine.adaptation.profile_store import ProfileStore
from engine.inference.fitting import KnownShape
from engine.messages import Side


def make_profile(name: str, size: float = 1.0) -> Profile:
    """Somebody whose right hand is of this size, in standard deviations."""
    information = 50.0 * np.eye(10)
    vector = np.zeros(10)
    vector[0] = 51.0 * size
    shapes = {Side.RIGHT: KnownShape(information, vector)}
    return new_profile(name, shapes, Provenance(source="sim:", frames=30))


def damage(store: ProfileStore, name: str) -> None:
    """Something else in place of a profile."""
    store.folder.mkdir(parents=True, exist_ok=True)
    store.path(name).write_bytes(b"not a profile at all")
