"""The JSON messages of the WebSocket stream; docs/streaming.md says what each field means.

A listener first gets one greeting, which names joints and angles, and then a message for each
scene. Lengths are rounded to a micrometre, everything else to a millionth; what is not finite
becomes null, because JSON has no word for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.transforms import quaternion_from_rotation
from engine.export.axes import PRESETS, Axes
from engine.hand.articulation import ANGLE_NAMES
from engine.hand.keypoints import JOINT_NAMES, JOINT_PARENTS, KEYPOINT_NAMES
from engine.messages import HandState, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.streaming import openxr
from engine.streaming.openxr import OpenXRJoints
from engine.streaming.skeleton import JointRotations, Skeletons

VERSION = 1
DECIMALS = 6


class Topic(StrEnum):
    """What a listener can hear; the path of its URL."""

    HANDTUNE = "handtune"
    OPENXR = "openxr"


FORMATS = {Topic.HANDTUNE: "handtune.hands", Topic.OPENXR: "handtune.openxr"}


class SceneMessages:
    """Scenes as text; belongs to one thread."""

    def __init__(self, skeletons: Skeletons | None = None) -> None:
        self._skeletons = skeletons or Skeletons()
        self._openxr = OpenXRJoints(self._skeletons)
        self._known: tuple[Scene, list[JointRotations]] | None = None

    def encode(self, scene: Scene, topic: Topic, axes: str) -> str:
        """One scene for one topic; `axes` (of engine.export.axes) is for HANDTUNE only."""
        rotations = self._rotations(scene)
        if topic is Topic.OPENXR:
            hands = [self._openxr_hand(*one) for one in zip(scene.hands, rotations, strict=True)]
        else:
            hands = _hands(scene.hands, rotations, PRESETS[axes])
        return _text(_head(scene, topic, axes) | {"hands": hands})

    def _rotations(self, scene: Scene) -> list[JointRotations]:
        """Of the scene's hands; computed once, however many wishes there are."""
        if self._known is None or self._known[0] is not scene:
            self._known = scene, self._skeletons.rotations(scene.hands)
        return self._known[1]

    def _openxr_hand(self, hand: HandState, rotations: JointRotations) -> dict[str, Any]:
        joints = self._openxr.of(hand, rotations)
        rows = zip(
            _numbers(joints.positions),
            _quaternions(joints.rotations),
            _numbers(joints.radii),
            strict=True,
        )
        return {
            "id": hand.hand_id,
            "side": hand.side.value,
            "is_active": True,
            "joints": [
                {"position": position, "orientation": orientation, "radius": radius}
                for position, orientation, radius in rows
            ],
        }


def _hands(
    hands: Sequence[HandState], rotations: Sequence[JointRotations], axes: Axes
) -> list[dict[str, Any]]:
    if not hands:
        return []
    turns = np.stack([np.stack([one.local, one.world]) for one in rotations])
    quaternions = _quaternions(axes.rotations(turns))  # [hands, 2, 16, 4]
    return [_hand(*one, axes) for one in zip(hands, quaternions, strict=True)]


def _hand(hand: HandState, quaternions: list[Any], axes: Axes) -> dict[str, Any]:
    local, world = quaternions
    return {
        "id": hand.hand_id,
        "side": hand.side.value,
        "presence": _number(hand.presence),
        "residual_m": _number(hand.residual_m),
        "weights_revision": hand.weights_revision,
        "wrist": {
            "position": _numbers(axes.points(hand.wrist_position)),
            "rotation": world[0],
        },
        "joints": _numbers(axes.points(hand.joints)),
        "confidence": _numbers(hand.confidence),
        "rotations_local": local,
        "rotations_global": world,
        "angles": _numbers(hand.angles),
    }


def axes_name(topic: Topic, axes: str) -> str:
    """What a topic's message calls its axes: OpenXR's are always its own."""
    return "openxr" if topic is Topic.OPENXR else axes


def greeting(topic: Topic, axes: str) -> str:
    """What a listener gets first: the names behind the numbers."""
    # OpenXR's axes are glTF's.
    preset = PRESETS["gltf" if topic is Topic.OPENXR else axes]
    said: dict[str, Any] = {
        "type": "hello",
        "format": FORMATS[topic],
        "version": VERSION,
        "axes": axes_name(topic, axes),
        "axes_words": preset.words,
        "units": {"length": preset.unit, "angle": "rad", "quaternion": "x y z w"},
    }
    if topic is Topic.OPENXR:
        said["joint_names"] = openxr.JOINT_NAMES
        said["derived_joints"] = openxr.DERIVED
    else:
        said["joint_names"] = KEYPOINT_NAMES
        said["rotation_names"] = JOINT_NAMES
        said["rotation_parents"] = JOINT_PARENTS
        said["angle_names"] = ANGLE_NAMES
        said["axes_available"] = tuple(PRESETS)
    return _text(said)


def _head(scene: Scene, topic: Topic, axes: str) -> dict[str, Any]:
    return {
        "type": "scene",
        "format": FORMATS[topic],
        "version": VERSION,
        "sequence": scene.sequence,
        "captured_ns": scene.captured_ns,
        "unix_time_s": round(_unix_time_s(scene.captured_ns), DECIMALS),
        "latency_ms": _number(scene.latency_ms),
        "axes": axes_name(topic, axes),
    }


def _unix_time_s(captured_ns: int) -> float:
    """When that was by the wall clock, as far as it is set right."""
    return time.time() - (monotonic_ns() - captured_ns) / NS_PER_S


def _quaternions(rotations: npt.NDArray[np.float64]) -> list[Any]:
    return _numbers(quaternion_from_rotation(rotations))


def _numbers(values: npt.NDArray[np.floating]) -> list[Any]:
    """Nested lists of floats, or of None where a value is not finite."""
    rounded = np.round(np.asarray(values, np.float64), DECIMALS) + 0.0  # No "-0.0".
    finite = np.isfinite(rounded)
    if finite.all():
        return rounded.tolist()
    told = rounded.astype(object)
    told[~finite] = None
    return told.tolist()


def _number(value: float) -> float | None:
    return round(float(value), DECIMALS) if np.isfinite(value) else None


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, allow_nan=False, separators=(",", ":"))
