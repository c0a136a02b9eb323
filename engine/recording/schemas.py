"""Schemas of a session's topics, as they stand in the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from engine.recording.images import protobuf_schema
from engine.recording.layout import EVENT, FRAME, SCENE, TRUTH, EventKind, schema_of

NUMBER: Mapping[str, Any] = {"type": ["number", "string"], "description": "NaN etc. as text"}
NUMBERS: Mapping[str, Any] = {"type": "array", "items": NUMBER}
TABLE: Mapping[str, Any] = {"type": "array", "items": NUMBERS}
WHOLE: Mapping[str, Any] = {"type": "integer"}
TEXT: Mapping[str, Any] = {"type": "string"}
YES_OR_NO: Mapping[str, Any] = {"type": "boolean"}
NANOSECONDS: Mapping[str, Any] = {"type": "integer", "description": "ns, host monotonic clock"}
SIDE: Mapping[str, Any] = {"type": "string", "enum": ["left", "right"]}


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """What MCAP keeps of a schema."""

    name: str
    encoding: str
    """Of the schema."""
    data: bytes
    message_encoding: str


@cache
def schema_for(topic: str) -> StoredSchema:
    """The schema of a topic of a session; ValueError for another topic."""
    name = schema_of(topic)
    if name not in _JSON:
        return StoredSchema(name, "protobuf", protobuf_schema(name), "protobuf")
    data = json.dumps({"title": name, **_JSON[name]}).encode()
    return StoredSchema(name, "jsonschema", data, "json")


def _record(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _named(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": item}


_CAMERA = _record(width_px=WHOLE, height_px=WHOLE, fx=NUMBER, fy=NUMBER, cx=NUMBER, cy=NUMBER)
_PICTURE = _record(
    name=TEXT, captured_ns=NANOSECONDS, camera=_CAMERA, rotation=TABLE, translation=NUMBERS
)
_HAND = _record(
    hand_id=WHOLE,
    side=SIDE,
    captured_ns=NANOSECONDS,
    wrist_rotation={**TABLE, "description": "[3, 3]: R_camera_from_hand"},
    wrist_position={**NUMBERS, "description": "[3] m"},
    angles={**NUMBERS, "description": "[22] rad, anatomical"},
    shape={**NUMBERS, "description": "[10] standard deviations"},
    joints={**TABLE, "description": "[21, 3] m, camera frame"},
    confidence={**NUMBERS, "description": "[21] in 0..1"},
    network_joints={**TABLE, "description": "[21, 3] m, before fitting"},
    residual_m=NUMBER,
    presence=NUMBER,
    weights_revision=WHOLE,
)
_TRUTH_HAND = _record(
    side=SIDE,
    joints={**TABLE, "description": "[21, 3] m, camera frame"},
    vertices={
        "type": ["string", "null"],
        "contentEncoding": "base64",
        "description": "[V, 3] m, little-endian 64-bit floats",
    },
)
_JSON: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        FRAME: _record(
            camera_id=TEXT,
            sequence=WHOLE,
            captured_ns=NANOSECONDS,
            source_ns={"type": ["integer", "null"], "description": "ns, the source's own time"},
            name=TEXT,
            camera=_CAMERA,
            depth_unit_m=NUMBER,
            depth_stored_in_m={"type": "number", "description": "metres of one; 0 for 32FC1"},
            color=YES_OR_NO,
            truth=YES_OR_NO,
            pictures=_list(_PICTURE),
        ),
        TRUTH: _record(hands=_list(_TRUTH_HAND)),
        SCENE: _record(
            sequence=WHOLE,
            captured_ns=NANOSECONDS,
            published_ns=NANOSECONDS,
            stage_ms=_named(NUMBER),
            hands=_list(_HAND),
        ),
        EVENT: _record(
            time_ns=NANOSECONDS,
            kind={"type": "string", "enum": [kind.value for kind in EventKind]},
            text=TEXT,
            figures=_named(NUMBER),
        ),
    }
)
