"""A profile as bytes and back: one file that people can read the beginning of.

    handtune-profile 1 header=1234 sha256=...      hash of everything after this line
    { ... JSON, indented ... }                     `header` bytes
    parts, one after the other                     as the header's "payload" lists them

Shapes are little-endian float64, adapted weights a whole safetensors file. Nothing in the file is
ever executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adaptation.profile import Gain, Profile, ProfileError, Provenance, checked_name
from engine.hand.model import SHAPE_COUNT
from engine.inference.fitting import KnownShape
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

FORMAT = 1
_FIRST_LINE = re.compile(rb"handtune-profile (\d{1,6}) header=(\d{1,9}) sha256=([0-9a-f]{64})\n")
_LONGEST_FIRST_LINE = 128
_WEIGHTS_PART = "weights"
_SIZES = {"information": (SHAPE_COUNT, SHAPE_COUNT), "vector": (SHAPE_COUNT,)}


def profile_bytes(profile: Profile) -> bytes:
    """The whole file."""
    parts = _parts(profile)
    payload = b"".join(parts.values())
    header = {
        "name": profile.name,
        "created": profile.created,
        "updated": profile.updated,
        "hands": [side.value for side in Side if side in profile.shapes],
        "adapted_weights": profile.weights is not None,
        "provenance": asdict(profile.provenance),
        "hand_model_sha256": profile.hand_model,
        "base_weights_sha256": profile.base_weights,
        "payload": [{"part": name, "bytes": len(data)} for name, data in parts.items()],
        "payload_sha256": hashlib.sha256(payload).hexdigest(),
    }
    text = json.dumps(header, indent=2, ensure_ascii=False).encode() + b"\n"
    digest = hashlib.sha256(text + payload).hexdigest()
    return f"handtune-profile {FORMAT} header={len(text)} sha256={digest}\n".encode() + (
        text + payload
    )


def profile_of(data: bytes, origin: str) -> Profile:
    """The profile of a whole file; `origin` names it in messages.

    Raises:
        ProfileError: no profile, of a newer program, or damaged; the sentence says which.
    """
    first = _FIRST_LINE.match(data[:_LONGEST_FIRST_LINE])
    if first is None:
        raise _refused(origin, "its first line is not that of a profile")
    if int(first[1]) != FORMAT:
        raise _refused(origin, f"it has format {int(first[1])}, and this program reads {FORMAT}")
    body = data[first.end() :]
    digest = hashlib.sha256(body).hexdigest()
    if digest != first[3].decode():
        raise _refused(
            origin,
            f"its content has changed since it was written (SHA-256 {digest[:12]}... instead of "
            f"{first[3].decode()[:12]}..., {len(body)} bytes)",
        )
    size = int(first[2])
    try:
        return _decoded(json.loads(body[:size]), body[size:])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(origin, f"its header is not understood ({error!r})") from error


def _refused(origin: str, reason: str) -> ProfileError:
    return ProfileError(f"The profile '{origin}' cannot be used: {reason}.")


def _parts(profile: Profile) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    for side in Side:
        if side in profile.shapes:
            known = profile.shapes[side]
            parts[f"{side.value}.information"] = _float_bytes(known.information)
            parts[f"{side.value}.vector"] = _float_bytes(known.vector)
    if profile.weights is not None:
        parts[_WEIGHTS_PART] = profile.weights
    return parts


def _float_bytes(array: Float64) -> bytes:
    return np.ascontiguousarray(array, "<f8").tobytes()


def _decoded(header: Mapping[str, Any], payload: bytes) -> Profile:
    parts: dict[str, bytes] = {}
    start = 0
    for entry in header["payload"]:
        parts[entry["part"]] = payload[start : start + entry["bytes"]]
        start += entry["bytes"]
    if start != len(payload):
        raise ValueError(f"{len(payload)} bytes of payload instead of {start}")
    provenance = dict(header["provenance"])
    gains = tuple(Gain(**gain) for gain in provenance.pop("gains"))
    return Profile(
        name=checked_name(header["name"]),
        shapes=MappingProxyType(
            {Side(hand): _shape(parts, Side(hand)) for hand in header["hands"]}
        ),
        hand_model=str(header["hand_model_sha256"]),
        base_weights=str(header["base_weights_sha256"]),
        weights=parts.get(_WEIGHTS_PART),
        provenance=Provenance(gains=gains, **provenance),
        created=str(header["created"]),
        updated=str(header["updated"]),
    )


def _shape(parts: Mapping[str, bytes], side: Side) -> KnownShape:
    arrays = {
        name: np.frombuffer(parts[f"{side.value}.{name}"], "<f8").astype(np.float64).reshape(size)
        for name, size in _SIZES.items()
    }
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError(f"the shape of the {side.value} hand is not finite")
    return KnownShape(arrays["information"], arrays["vector"])
