"""A profile: what was learnt of one person, as a value.

The shape of each hand with its uncertainty (so that it can be improved on), and perhaps weights of
the single-view network adapted to the person, the sensor and the room. `profile_file` makes bytes
of it, `profile_store` keeps those safe.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from engine.errors import UserError
from engine.hand.model import DEFAULT_PATH, SHAPE_COUNT
from engine.inference.fitting import KnownShape
from engine.inference.single_view import WEIGHTS_NAME
from engine.messages import Side
from engine.weights_manifest import WEIGHTS_FOLDER, sha256_of

SIDES_DIFFER = 0.25
"""Standard deviation, in the model's units, by which a person's two hands differ."""
LONGEST_NAME_BYTES = 100
_FORBIDDEN = set('/\\:*?"<>|')
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{k}{n}" for k in ("com", "lpt") for n in range(1, 10)}


class ProfileError(UserError):
    """A profile is missing, damaged, of another program, or has an impossible name."""


@dataclass(frozen=True, slots=True)
class Gain:
    """One figure before and after, in its unit: "mesh to depth", 7.1, 3.9, "mm"."""

    what: str
    before: float
    after: float
    unit: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a profile comes from."""

    source: str = ""
    """URI of the source that it was last learnt from."""
    sensor: str = ""
    frames: int = 0
    """Frames learnt from, in all."""
    decisions: int = 0
    """Accepted decisions of the adaptation's gate."""
    gains: tuple[Gain, ...] = ()
    program: str = ""
    """Version that wrote it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of one person."""

    name: str
    shapes: Mapping[Side, KnownShape]
    """Of the hands that were enrolled."""
    hand_model: str
    """SHA-256 of the hand model that the shapes are coefficients of."""
    base_weights: str
    """SHA-256 of the shipped weights that the adapted ones began with."""
    weights: bytes | None = None
    """Adapted single-view weights as a safetensors file; None for the shipped ones."""
    provenance: Provenance = field(default_factory=Provenance)
    created: str = ""
    """ISO 8601, UTC."""
    updated: str = ""

    def shapes_for_tracking(self) -> Mapping[Side, KnownShape]:
        """For `DepthEstimator.know_person`: a hand not enrolled is much like the other one."""
        shapes = dict(self.shapes)
        for side in Side:
            if side not in shapes and side.other in shapes:
                shapes[side] = _less_certain(shapes[side.other])
        return MappingProxyType(shapes)

    def without_weights(self) -> Profile:
        """The person's shape alone, with the network as shipped."""
        kept = replace(self.provenance, decisions=0, gains=())
        return replace(self, weights=None, provenance=kept)

    def without_shapes(self) -> Profile:
        """A stranger's hands again."""
        return replace(self, shapes=MappingProxyType({}))

    def stamped(self) -> Profile:
        """As written now: `updated` is now, and so is `created` where it was not set."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        provenance = replace(self.provenance, program=program_version())
        return replace(self, created=self.created or now, updated=now, provenance=provenance)


def new_profile(name: str, shapes: Mapping[Side, KnownShape], provenance: Provenance) -> Profile:
    """A profile for the hand model and the weights of this program."""
    return Profile(
        name=checked_name(name),
        shapes=MappingProxyType(dict(shapes)),
        hand_model=hand_model_hash(),
        base_weights=base_weights_hash(),
        provenance=provenance,
    )


def checked_name(name: str) -> str:
    """The name in its normal form (NFC), fit to be a file's name on every system.

    Raises:
        ProfileError: empty, too long, or with characters that are no part of a file's name.
    """
    name = unicodedata.normalize("NFC", name)
    problem = _problem_with_name(name)
    if problem:
        raise ProfileError(
            f"A profile cannot be called {name!r}: {problem}. Choose a name like Ada or "
            "'Ada, left desk'."
        )
    return name


def _problem_with_name(name: str) -> str:
    if not name.strip():
        return "a name needs at least one letter"
    if name != name.strip() or name[0] == "." or name[-1] == ".":
        return "it begins or ends with a space or a dot"
    unprintable = [c for c in name if not c.isprintable()]
    if unprintable:
        return "it holds invisible characters"
    forbidden = sorted(_FORBIDDEN & set(name))
    if forbidden:
        return f"it holds {' '.join(forbidden)}"
    if name.casefold().split(".")[0] in _RESERVED:
        return "some systems reserve that name"
    size = len(name.encode())
    if size > LONGEST_NAME_BYTES:
        return f"it is {size} bytes long, and {LONGEST_NAME_BYTES} fit"
    return ""


def _less_certain(known: KnownShape) -> KnownShape:
    """The same knowledge as of a hand that differs by SIDES_DIFFER in every coefficient."""
    mixed = np.eye(SHAPE_COUNT) + SIDES_DIFFER**2 * known.information
    information = np.linalg.solve(mixed, known.information)
    information = 0.5 * (information + information.T)
    # The most likely shape stays: its vector is information times shape, prior included.
    best = known.shape
    prior_pull = known.vector - known.information @ best
    return KnownShape(information, information @ best + prior_pull)


@cache
def hand_model_hash() -> str:
    """SHA-256 of the default hand model's file."""
    return sha256_of(DEFAULT_PATH)


@cache
def base_weights_hash() -> str:
    """SHA-256 of the shipped single-view weights."""
    return sha256_of(WEIGHTS_FOLDER / WEIGHTS_NAME)


@cache
def program_version() -> str:
    """Of this program, as pyproject.toml says."""
    path = Path(__file__).resolve().parents[2] / "pyproject.toml"
    try:
        return str(tomllib.loads(path.read_text("utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return "unknown"
