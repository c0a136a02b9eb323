"""Scenes and events as messages of a session file, and back.

What is decoded is equal to what was encoded, bit for bit, but for the vertices of hands: those are
not stored and follow from the hand model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import HandState, Scene, Side
from engine.recording.json_numbers import from_numbers, to_number, to_numbers
from engine.recording.layout import EVENTS_TOPIC, HANDS_TOPIC, Event, EventKind
from engine.recording.message_parts import Encoded, compact_json, understanding


def encode_scene(scene: Scene) -> Encoded:
    value = {
        "sequence": scene.sequence,
        "captured_ns": scene.captured_ns,
        "published_ns": scene.published_ns,
        "stage_ms": {name: to_number(ms) for name, ms in scene.stage_ms.items()},
        "hands": [_hand_to(hand) for hand in scene.hands],
    }
    return Encoded(HANDS_TOPIC, compact_json(value))


def decode_scene(data: bytes, model: HandModel | None = None) -> Scene:
    """The scene of a message. `model` is the right hand of the model that it was tracked with; its
    vertices are made anew. Without one, hands have no vertices ([0, 3])."""
    with understanding("a tracked scene"):
        value = json.loads(data)
        models = None if model is None else {Side.RIGHT: model, Side.LEFT: model.mirrored()}
        stages = {name: float(ms) for name, ms in value["stage_ms"].items()}
        return Scene(
            sequence=int(value["sequence"]),
            captured_ns=int(value["captured_ns"]),
            hands=tuple(_hand_from(hand, models) for hand in value["hands"]),
            published_ns=int(value["published_ns"]),
            stage_ms=MappingProxyType(stages),
        )


def encode_event(event: Event) -> Encoded:
    value = {
        "time_ns": event.time_ns,
        "kind": event.kind,
        "text": event.text,
        "figures": {name: to_number(figure) for name, figure in event.figures.items()},
    }
    return Encoded(EVENTS_TOPIC, compact_json(value))


def decode_event(data: bytes) -> Event:
    with understanding("an event"):
        value = json.loads(data)
        figures = {name: float(figure) for name, figure in value["figures"].items()}
        return Event(
            int(value["time_ns"]),
            EventKind(value["kind"]),
            str(value["text"]),
            MappingProxyType(figures),
        )


def _hand_to(hand: HandState) -> dict[str, Any]:
    return {
        "hand_id": hand.hand_id,
        "side": hand.side,
        "captured_ns": hand.captured_ns,
        **{name: to_numbers(getattr(hand, name)) for name in _HAND_ARRAYS},
        "residual_m": to_number(hand.residual_m),
        "presence": to_number(hand.presence),
        "weights_revision": hand.weights_revision,
    }


def _hand_from(value: Mapping[str, Any], models: Mapping[Side, HandModel] | None) -> HandState:
    arrays = {name: from_numbers(value[name], *shape) for name, shape in _HAND_ARRAYS.items()}
    side = Side(value["side"])
    vertices = np.zeros((0, 3), np.float32)
    if models is not None:
        pose = HandPose(
            *(arrays[n] for n in ("wrist_rotation", "wrist_position", "angles", "shape"))
        )
        vertices = pose_hand(models[side], pose).vertices.astype(np.float32)
    return HandState(
        hand_id=int(value["hand_id"]),
        side=side,
        captured_ns=int(value["captured_ns"]),
        **arrays,
        vertices=vertices,
        residual_m=float(value["residual_m"]),
        presence=float(value["presence"]),
        weights_revision=int(value["weights_revision"]),
    )


_HAND_ARRAYS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "wrist_rotation": (3, 3),
        "wrist_position": (3,),
        "angles": (22,),
        "shape": (10,),
        "joints": (21, 3),
        "confidence": (21,),
        "network_joints": (21, 3),
    }
)
"""What is stored of a hand, and its shape."""
