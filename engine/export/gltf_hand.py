"""The parts of a .glb that one hand needs: mesh, joints, skin, animation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.export.animated_hand import HandMotion, RestHand
from engine.export.axes import Axes
from engine.export.gltf_buffer import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfBuffer
from engine.export.quaternions import continuous_quaternions
from engine.hand.keypoints import (
    JOINT_KEYPOINTS,
    KEYPOINT_NAMES,
    KEYPOINT_PARENTS,
    keypoints_from_joints_and_tips,
)
from engine.messages import Float64
from engine.render.mesh import Mesh, vertex_normals

WEIGHTS_PER_VERTEX = 4
_IDENTITY = [0.0, 0.0, 0.0, 1.0]


def mesh_primitive(rest: RestHand, axes: Axes, buffer: GltfBuffer, material: int) -> dict[str, Any]:
    """The surface at rest, with its skin weights."""
    vertices, faces = axes.points(rest.vertices), axes.faces(rest.faces)
    joints, weights = strongest_weights(rest.weights)
    index_type = np.uint16 if len(vertices) < 2**16 else np.uint32
    return {
        "attributes": {
            "POSITION": buffer.add(vertices.astype(np.float32), ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.add(_normals(Mesh(vertices, faces)), ARRAY_BUFFER),
            "JOINTS_0": buffer.add(joints, ARRAY_BUFFER),
            "WEIGHTS_0": buffer.add(weights, ARRAY_BUFFER),
        },
        "indices": buffer.add(faces.astype(index_type).ravel(), ELEMENT_ARRAY_BUFFER),
        "material": material,
    }


def strongest_weights(
    weights: Float64,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """The four strongest weights of each vertex [V, 4] with their keypoints [V, 4], summing to 1.

    Entries without weight name joint 0, as the specification asks.
    """
    order = np.argsort(-weights, axis=1, kind="stable")[:, :WEIGHTS_PER_VERTEX]
    kept = np.take_along_axis(weights, order, 1)
    kept = (kept / kept.sum(1, keepdims=True)).astype(np.float32)
    kept[kept < np.finfo(np.float32).eps] = 0.0
    kept[:, 0] = 1.0 - kept[:, 1:].sum(1)
    keypoints = np.array(JOINT_KEYPOINTS)[order]
    return np.where(kept > 0, keypoints, 0).astype(np.uint8), kept


def joint_nodes(name: str, rest: RestHand, axes: Axes, first: int) -> list[dict[str, Any]]:
    """21 nodes in keypoint order, in the bind pose; the first will have index `first`."""
    places = _rest_keypoints(rest, axes)
    nodes: list[dict[str, Any]] = []
    for keypoint, parent in enumerate(KEYPOINT_PARENTS):
        offset = places[keypoint] - (places[parent] if keypoint else 0.0)
        node: dict[str, Any] = {
            "name": f"{name}_{KEYPOINT_NAMES[keypoint]}",
            "translation": offset.tolist(),
            "rotation": _IDENTITY,
            "scale": [1.0, 1.0, 1.0],
        }
        if keypoint:
            nodes[parent].setdefault("children", []).append(first + keypoint)
        nodes.append(node)
    return nodes


def inverse_bind_matrices(rest: RestHand, axes: Axes) -> npt.NDArray[np.float32]:
    """[21, 4, 4]: from the mesh at rest to each keypoint's frame."""
    matrices = np.tile(np.eye(4, dtype=np.float32), (len(KEYPOINT_PARENTS), 1, 1))
    matrices[:, :3, 3] = -_rest_keypoints(rest, axes)
    return matrices


def _rest_keypoints(rest: RestHand, axes: Axes) -> Float64:
    keypoints: Float64 = keypoints_from_joints_and_tips(rest.joints, rest.tips)
    return axes.points(keypoints)


class Animation:
    """Samplers and channels of one animation."""

    def __init__(self, buffer: GltfBuffer) -> None:
        self._buffer = buffer
        self._samplers: list[dict[str, Any]] = []
        self._channels: list[dict[str, Any]] = []

    def add_motion(self, motion: HandMotion, axes: Axes, wrist_node: int) -> None:
        """Local rotations of all moving joints and the wrist's place, at every moment."""
        times, kept = _float_times(motion.times_s)
        clock = self._buffer.add(times, bounds=True)
        places = axes.points(motion.wrist_positions[kept]).astype(np.float32)
        self._channel(clock, places, wrist_node, "translation")
        quaternions = continuous_quaternions(axes.rotations(motion.rotations[kept]))
        for joint, keypoint in enumerate(JOINT_KEYPOINTS):
            turns = quaternions[:, joint].astype(np.float32)
            self._channel(clock, turns, wrist_node + keypoint, "rotation")

    def add_visibility(self, spans: Float64, end_s: float, wrist_node: int) -> None:
        """Scale to zero outside of the spans [S, 2]; nothing where one span holds it all."""
        keys = _visibility_keys(spans, end_s)
        if len(keys) == 1:
            return
        times, kept = _float_times(np.array([time for time, _ in keys]))
        shown = np.array([visible for _, visible in keys], np.float32)[kept]
        clock = self._buffer.add(times, bounds=True)
        self._channel(clock, np.repeat(shown[:, None], 3, 1), wrist_node, "scale", "STEP")

    def _channel(
        self,
        clock: int,
        values: npt.NDArray[np.float32],
        node: int,
        path: str,
        interpolation: str = "LINEAR",
    ) -> None:
        self._samplers.append(
            {"input": clock, "output": self._buffer.add(values), "interpolation": interpolation}
        )
        self._channels.append(
            {"sampler": len(self._samplers) - 1, "target": {"node": node, "path": path}}
        )

    def document(self, name: str) -> dict[str, Any]:
        return {"name": name, "samplers": self._samplers, "channels": self._channels}


def _visibility_keys(spans: Float64, end_s: float) -> Sequence[tuple[float, bool]]:
    """(second, whether it is seen from then on), beginning at 0."""
    keys: list[tuple[float, bool]] = []
    if spans[0, 0] > 0:
        keys.append((0.0, False))
    for start, end in spans:
        keys.append((float(start), True))
        if end < end_s:
            keys.append((float(end), False))
    return keys


def _float_times(times_s: Float64) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Strictly increasing times as the file stores them, and which of the given ones they are."""
    times = times_s.astype(np.float32)
    kept = np.ones(len(times), np.bool_)
    kept[1:] = np.diff(np.maximum.accumulate(times)) > 0
    return times[kept], kept


def _normals(mesh: Mesh) -> npt.NDArray[np.float32]:
    normals = vertex_normals(mesh)
    normals[~normals.any(axis=1)] = 0.0, 1.0, 0.0  # glTF wants unit vectors everywhere.
    return normals.astype(np.float32)
