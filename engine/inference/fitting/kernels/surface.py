"""A hand model laid out for the compiled kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.hand.articulation import (
    ANGLE_JOINTS,
    LOWER,
    PIP_DIP_PAIRS,
    PRIOR_MEAN,
    PRIOR_SIGMA,
    UPPER,
)
from engine.hand.keypoints import JOINT_KEYPOINTS, JOINT_PARENTS, TIP_JOINTS
from engine.hand.model import HandModel
from engine.inference.fitting.kernels.spheres import FingerSpheres, finger_spheres
from engine.messages import Side

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

BONES_PER_POINT = 4

MOST_VERTICES = 4096
"""The search keeps vertex numbers in twelve bits."""


class Surface(NamedTuple):
    """Arrays of one right-handed model; metres, hand frame. P = V surface vertices + 5 tips."""

    points: Float64
    """[P, 3] at zero shape."""
    joints: Float64
    """[16, 3] at zero shape."""
    shape_points: Float64
    """[P, 3, 10]."""
    shape_joints: Float64
    """[16, 3, 10]."""
    bone_index: Int64
    """[P, 4] bones of each point, by falling weight."""
    bone_weight: Float64
    """[P, 4]; rows add up to 1."""
    faces: Int64
    """[F, 3]."""
    ring_start: Int64
    """[V + 1]: the faces around vertex v are ring_face[ring_start[v] : ring_start[v + 1]]."""
    ring_face: Int64
    parents: Int64
    """[16] parent joint; -1 for the wrist."""
    axes: Float64
    """[22, 3]."""
    angle_joint: Int64
    """[22]."""
    first_angle: Int64
    """[17]: joint j turns by the angles first_angle[j] : first_angle[j + 1]."""
    lower: Float64
    upper: Float64
    mean: Float64
    sigma: Float64
    """[22] radians each."""
    coupled: Int64
    """[4, 2] PIP and DIP angles that bend together."""
    keypoint_joint: Int64
    """[21] joint at the keypoint, or the joint that carries the tip."""
    keypoint_point: Int64
    """[21] index of the tip in `points`, or -1 for a joint."""
    spheres: FingerSpheres

    @property
    def vertex_count(self) -> int:
        return len(self.points) - 5


def surface_of(model: HandModel) -> Surface:
    """The kernels' view of a RIGHT hand model.

    Raises ValueError for a left hand and for more than 4096 vertices.
    """
    if model.side is not Side.RIGHT:
        raise ValueError(f"the fitter works on right hands, found a {model.side} model")
    if model.vertex_count > MOST_VERTICES:
        raise ValueError(
            f"the fitter takes at most {MOST_VERTICES} vertices, found {model.vertex_count}"
        )
    order = np.argsort(-model.weights, axis=1)[:, :BONES_PER_POINT]
    weight = np.take_along_axis(model.weights, order, 1)
    faces = model.faces.astype(np.int64)
    ring_start, ring_face = _rings(faces, model.vertex_count)
    keypoint_joint, keypoint_point = _keypoint_anchors(len(model.points))
    return Surface(
        points=np.ascontiguousarray(model.points),
        joints=np.ascontiguousarray(model.joints),
        shape_points=np.ascontiguousarray(model.shape_points),
        shape_joints=np.ascontiguousarray(model.shape_joints),
        bone_index=np.ascontiguousarray(order, np.int64),
        bone_weight=np.ascontiguousarray(weight / weight.sum(1, keepdims=True)),
        faces=np.ascontiguousarray(faces),
        ring_start=ring_start,
        ring_face=ring_face,
        parents=np.array(JOINT_PARENTS, np.int64),
        axes=np.ascontiguousarray(model.axes),
        angle_joint=ANGLE_JOINTS.astype(np.int64),
        first_angle=np.searchsorted(ANGLE_JOINTS, np.arange(17)).astype(np.int64),
        lower=LOWER,
        upper=UPPER,
        mean=PRIOR_MEAN,
        sigma=PRIOR_SIGMA,
        coupled=np.array(PIP_DIP_PAIRS, np.int64),
        keypoint_joint=keypoint_joint,
        keypoint_point=keypoint_point,
        spheres=finger_spheres(model),
    )


def _rings(faces: Int64, vertex_count: int) -> tuple[Int64, Int64]:
    corners = faces.ravel()
    order = np.argsort(corners, kind="stable")
    start = np.searchsorted(corners[order], np.arange(vertex_count + 1))
    return start.astype(np.int64), (order // 3).astype(np.int64)


def _keypoint_anchors(point_count: int) -> tuple[Int64, Int64]:
    joint = np.zeros(21, np.int64)
    point = np.full(21, -1, np.int64)
    joint[list(JOINT_KEYPOINTS)] = np.arange(16)
    tips = [k for k in range(21) if k not in JOINT_KEYPOINTS]
    joint[tips] = TIP_JOINTS
    point[tips] = point_count - 5 + np.arange(5)
    return joint, point
