"""Skinned, animated glTF 2.0: opens in Blender, three.js, Unity, Unreal and viewers of .glb files.

One skin a hand, with the person's shape in the mesh. Its 21 joints are nodes named
`right_wrist`, `right_thumb_cmc`, ...; the five tips carry no weight and give the last bones an end.
At rest every joint is parallel to the scene's axes, and nodes stand in the bind pose, because some
programs take that from the nodes and others from the inverse bind matrices. Each of the 16 moving
joints has a local rotation in every frame, the wrist also its place; translations of the others are
their bones, which never change. While a hand is not seen its wrist is scaled to zero, which the
specification names as the way to animate visibility. A camera node stands for the depth camera.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import quaternion_from_rotation
from engine.atomic_file import replacing
from engine.export.animated_hand import AnimatedHand
from engine.export.axes import PRESETS, Axes, ExportFormat, in_file
from engine.export.gltf_buffer import GltfBuffer
from engine.export.gltf_hand import Animation, inverse_bind_matrices, joint_nodes, mesh_primitive
from engine.export.resampling import (
    even_times,
    resampled,
    spans_on_ticks,
    visible_spans,
    with_holds,
)
from engine.export.settings import ExportSettings
from engine.export.take import Take

SKIN_MATERIAL = {
    "name": "skin",
    "pbrMetallicRoughness": {
        "baseColorFactor": [0.80, 0.60, 0.50, 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": 0.6,
    },
}
CAMERA_NEAR_M = 0.01


def write_glb(
    take: Take, animated_hands: tuple[AnimatedHand, ...], target: Path, settings: ExportSettings
) -> None:
    """Write all hands of a take as one scene with one animation, whole or not at all."""
    data = glb_bytes(take, animated_hands, settings)
    with replacing(target) as partial:
        partial.write_bytes(data)


def glb_bytes(
    take: Take, animated_hands: tuple[AnimatedHand, ...], settings: ExportSettings
) -> bytes:
    """The content of the file."""
    axes = in_file(settings.axes, ExportFormat.GLB)
    scene = _Scene(take, axes)
    for animated in animated_hands:
        scene.add_hand(animated, settings.fps)
    if take.camera is not None:
        scene.add_camera(take.camera)
    return scene.glb(settings)


class _Scene:
    """The document, as far as it is made."""

    def __init__(self, take: Take, axes: Axes) -> None:
        self._take = take
        self._axes = axes
        self._buffer = GltfBuffer()
        self._animation = Animation(self._buffer)
        self._roots: list[int] = []
        self._nodes: list[dict[str, Any]] = []
        self._meshes: list[dict[str, Any]] = []
        self._skins: list[dict[str, Any]] = []
        self._cameras: list[dict[str, Any]] = []

    def add_hand(self, animated: AnimatedHand, fps: float | None) -> None:
        mesh_node, wrist_node = len(self._nodes), len(self._nodes) + 1
        self._nodes.append(
            {
                "name": f"{animated.name}_hand",
                "mesh": len(self._meshes),
                "skin": len(self._skins),
                "extras": _hand_record(animated),
            }
        )
        joints = joint_nodes(animated.name, animated.rest, self._axes, wrist_node)
        self._nodes += joints
        self._roots += [mesh_node, wrist_node]
        primitive = mesh_primitive(animated.rest, self._axes, self._buffer, material=0)
        self._meshes.append({"name": f"{animated.name}_hand", "primitives": [primitive]})
        matrices = self._buffer.add(inverse_bind_matrices(animated.rest, self._axes))
        self._skins.append(
            {
                "name": f"{animated.name}_skeleton",
                "inverseBindMatrices": matrices,
                "skeleton": wrist_node,
                "joints": [wrist_node + k for k in range(len(joints))],
            }
        )
        self._animate(animated, fps, wrist_node)

    def _animate(self, animated: AnimatedHand, fps: float | None, wrist_node: int) -> None:
        motion, end_s, rate = animated.motion, self._take.duration_s, self._take.rate_hz
        spans = visible_spans(motion.times_s, rate, end_s)
        if fps is None:
            motion = with_holds(motion, spans, rate)
        else:
            motion = resampled(motion, even_times(end_s, fps), rate)
            spans = spans_on_ticks(spans, fps)
        self._animation.add_motion(motion, self._axes, wrist_node)
        self._animation.add_visibility(spans, end_s, wrist_node)

    def add_camera(self, camera: PinholeCamera) -> None:
        """A camera with the depth camera's field of view; its own offset of the centre is lost."""
        # A glTF camera looks along -z with y up, as the preset "gltf" has it.
        turn = self._axes.basis @ PRESETS["gltf"].basis.T
        self._roots.append(len(self._nodes))
        self._nodes.append(
            {
                "name": "depth_camera",
                "camera": len(self._cameras),
                "rotation": quaternion_from_rotation(turn).tolist(),
            }
        )
        lens = {
            "yfov": 2.0 * math.atan(0.5 * camera.height_px / camera.fy),
            "aspectRatio": (camera.width_px / camera.fx) / (camera.height_px / camera.fy),
            "znear": CAMERA_NEAR_M,
        }
        self._cameras.append({"name": "depth_camera", "type": "perspective", "perspective": lens})

    def glb(self, settings: ExportSettings) -> bytes:
        document = {
            "asset": {
                "version": "2.0",
                "generator": settings.program,
                "extras": {
                    "source": self._take.source,
                    "axes": settings.axes.name,
                    "seconds": self._take.duration_s,
                    "gaps": "a hand that is not seen has a wrist of scale 0",
                },
            },
            "scene": 0,
            "scenes": [{"name": "hands", "nodes": self._roots}],
            "nodes": self._nodes,
            "materials": [SKIN_MATERIAL],
            "meshes": self._meshes,
            "skins": self._skins,
            "animations": [self._animation.document("take")],
        }
        if self._cameras:
            document["cameras"] = self._cameras
        return self._buffer.glb(document)


def _hand_record(animated: AnimatedHand) -> dict[str, Any]:
    return {
        "frames_seen": len(animated.motion.times_s),
        "joints_off_mean_mm": round(float(np.mean(animated.deviations_m)) * 1e3, 3),
    }
