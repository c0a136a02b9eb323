"""The hand model: a rest shape, ten shape coefficients, skin weights and an articulation.

Hand frame: origin at the wrist joint, x towards the little finger, y towards the fingers, z out of
the back of the hand (a right-handed frame for a right hand). A left hand is the mirror image in x.
The surface is followed by five fingertip points, so that every point is skinned in one go.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import WeightsError
from engine.hand.articulation import axes_from_rest
from engine.hand.keypoints import keypoints_from_joints_and_tips
from engine.messages import Float64, Side

DEFAULT_PATH = Path(__file__).resolve().parents[2] / "weights" / "hand_model.npz"

SHAPE_COUNT = 10

_UNREADABLE = (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for files that are no whole .npz."""


@dataclass(frozen=True, slots=True)
class HandModel:
    """One hand at rest. Arrays are read-only; P = V + 5 points, of which the last 5 are tips."""

    name: str
    side: Side
    points: Float64
    """[P, 3] metres, hand frame: V surface vertices, then thumb, index, ... pinky tip."""
    faces: npt.NDArray[np.int32]
    """[F, 3] vertex indices, anticlockwise seen from outside."""
    weights: Float64
    """[P, 16] skin weights; rows add up to 1."""
    joints: Float64
    """[16, 3] metres: the articulated joints; the wrist is the origin."""
    shape_points: Float64
    """[P, 3, 10] metres per standard deviation."""
    shape_joints: Float64
    """[16, 3, 10] metres per standard deviation."""
    axes: Float64
    """[22, 3] unit axes of the anatomical angles."""
    pose_points: Float64 | None = None
    """[P, 3, 135] metres per entry of (R - I) of joints 1..15; None without such correctives."""

    def __post_init__(self) -> None:
        for array in (self.points, self.faces, self.weights, self.joints, self.axes):
            array.setflags(write=False)
        self.shape_points.setflags(write=False)
        self.shape_joints.setflags(write=False)

    @property
    def vertex_count(self) -> int:
        return len(self.points) - 5

    def shaped(self, shape: Float64) -> tuple[Float64, Float64]:
        """Rest points [P, 3] and joints [16, 3] of shape coefficients [10]."""
        return self.points + self.shape_points @ shape, self.joints + self.shape_joints @ shape

    def rest_keypoints(self, shape: Float64 | None = None) -> Float64:
        """[21, 3] metres, hand frame."""
        points, joints = self.shaped(np.zeros(SHAPE_COUNT) if shape is None else shape)
        return keypoints_from_joints_and_tips(joints, points[-5:])

    def mirrored(self) -> HandModel:
        """The other hand. Angles keep their meaning: flexion curls on both sides."""
        flip = np.array([-1.0, 1.0, 1.0])
        pose_points = None if self.pose_points is None else _mirror_correctives(self.pose_points)
        return replace(
            self,
            side=self.side.other,
            points=self.points * flip,
            faces=np.ascontiguousarray(self.faces[:, ::-1]),
            joints=self.joints * flip,
            shape_points=self.shape_points * flip[:, None],
            shape_joints=self.shape_joints * flip[:, None],
            axes=-self.axes * flip,  # axial vectors: a mirrored rotation turns the other way
            pose_points=pose_points,
        )


def _mirror_correctives(pose_points: Float64) -> Float64:
    """Correctives of the mirrored hand: flip x of the offset and of both sides of each R - I."""
    flip = np.array([-1.0, 1.0, 1.0])
    signs = np.tile(np.outer(flip, flip).ravel(), 15)
    return pose_points * flip[:, None] * signs


def load_hand_model(path: Path = DEFAULT_PATH) -> HandModel:
    """The default right hand from `weights/hand_model.npz` (built by scripts/build_hand_model.py).

    Raises WeightsError where the file is missing or holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            data = {key: stored[key] for key in stored.files}
    except FileNotFoundError:
        raise WeightsError(
            f"hand model: expected {path}, found nothing; restore it from the repository "
            "or run scripts/build_hand_model.py"
        ) from None
    except _UNREADABLE as error:
        raise WeightsError(
            f"hand model {path} cannot be read ({error}); restore it from the repository"
        ) from None
    required = ("points", "faces", "weights", "joints", "shape_points", "shape_joints")
    missing = [key for key in required if key not in data]
    if missing:
        raise WeightsError(
            f"hand model {path}: expected arrays {', '.join(required)}, missing "
            f"{', '.join(missing)}; rebuild it with scripts/build_hand_model.py"
        )
    return right_hand(name="webxr", **{key: data[key] for key in required})


@cache
def hand_of(side: Side) -> HandModel:
    """The default model of a side, loaded once; raises WeightsError like `load_hand_model`."""
    right = load_hand_model()
    return right if side is Side.RIGHT else right.mirrored()


def right_hand(
    name: str,
    points: npt.NDArray[np.floating],
    faces: npt.NDArray[np.integer],
    weights: npt.NDArray[np.floating],
    joints: npt.NDArray[np.floating],
    shape_points: npt.NDArray[np.floating],
    shape_joints: npt.NDArray[np.floating],
    pose_points: npt.NDArray[np.floating] | None = None,
) -> HandModel:
    """A right hand from arrays in the hand frame; the angles' axes follow from the rest pose."""
    rest = keypoints_from_joints_and_tips(
        np.asarray(joints, np.float64), np.asarray(points[-5:], np.float64)
    )
    return HandModel(
        name=name,
        side=Side.RIGHT,
        points=np.asarray(points, np.float64),
        faces=np.ascontiguousarray(faces, np.int32),
        weights=np.asarray(weights, np.float64),
        joints=np.asarray(joints, np.float64),
        shape_points=np.asarray(shape_points, np.float64),
        shape_joints=np.asarray(shape_joints, np.float64),
        axes=axes_from_rest(rest),
        pose_points=None if pose_points is None else np.asarray(pose_points, np.float64),
    )
