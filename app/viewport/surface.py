"""What the drawing side knows about a hand mesh: its triangles and which joint a vertex is near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.hand.model import load_hand_model
from engine.messages import Float32, Side

NEIGHBOURS = 2
"""A vertex takes the confidence of this many nearest joints, so that dimming has soft borders."""


@dataclass(frozen=True, slots=True)
class HandSurface:
    """Topology of the right hand; the left hand is its mirror image."""

    triangles: npt.NDArray[np.int32]
    """[F, 3] of the right hand, counter-clockwise seen from outside."""
    joint_weights: Float32
    """[V, 21], rows sum to 1: how much each joint's confidence counts for a vertex."""

    @staticmethod
    def from_rest_pose(
        vertices: npt.NDArray[np.floating],
        triangles: npt.NDArray[np.integer],
        joints: npt.NDArray[np.floating],
    ) -> HandSurface:
        """From the open hand: [V, 3] metres, [F, 3], [21, 3] metres."""
        distance = np.linalg.norm(vertices[:, None] - joints[None], axis=-1)
        nearest = np.argsort(distance, axis=1)[:, :NEIGHBOURS]
        closeness = 1.0 / np.maximum(np.take_along_axis(distance, nearest, 1), 1e-3) ** 2
        weights = np.zeros(distance.shape, np.float32)
        np.put_along_axis(weights, nearest, closeness / closeness.sum(1, keepdims=True), 1)
        return HandSurface(np.ascontiguousarray(triangles, np.int32), weights)

    def triangles_of(self, side: Side) -> npt.NDArray[np.int32]:
        """[F, 3] counter-clockwise seen from outside for this side."""
        return self.triangles if side is Side.RIGHT else self.triangles[:, ::-1]

    def vertex_confidence(self, confidence: npt.NDArray[np.floating]) -> Float32:
        """[V] in 0..1 of joint confidences [21]."""
        clipped = np.clip(confidence, 0.0, 1.0).astype(np.float32)
        return np.asarray(self.joint_weights @ clipped, np.float32)


def default_surface() -> HandSurface:
    """Of the hand model that the tracker uses.

    Raises:
        WeightsError: the model's file is missing or damaged.
    """
    model = load_hand_model()
    vertices = model.points[: model.vertex_count]
    return HandSurface.from_rest_pose(vertices, model.faces, model.rest_keypoints())
