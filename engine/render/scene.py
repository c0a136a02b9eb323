"""What stands before a depth camera: hands, the people that they belong to, and the things around.

Everything is placed in the camera's frame (metres); scene_sampling.py draws scenes, scene_image.py
renders them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import PALM_KEYPOINTS
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, PosedHand, pose_hand
from engine.messages import Float64, HandTruth, Side
from engine.render.body import Arm
from engine.render.mesh import Mesh


@dataclass(frozen=True, slots=True)
class HandLooks:
    """A hand in its own frame, before an arm carries it somewhere."""

    side: Side
    scale: float
    """Size relative to the default adult hand."""
    faces: npt.NDArray[np.int32]
    posed: PosedHand
    """At the origin, unrotated."""
    pose_class: str

    def placed(self, arm: Arm) -> PosedHand:
        """The hand at the end of `arm`."""
        vertices, keypoints = (
            points @ arm.R_hand.T + arm.wrist
            for points in (self.posed.vertices, self.posed.keypoints)
        )
        return PosedHand(vertices, keypoints)


def hand_looks(model: HandModel, angles: Float64, shape: Float64, pose_class: str) -> HandLooks:
    """A hand of `model` with these angles [22] and shape [10]."""
    posed = pose_hand(model, HandPose(np.eye(3), np.zeros(3), angles, shape))
    rest = model.rest_keypoints(shape)
    adult = np.linalg.norm(model.rest_keypoints()[9])
    return HandLooks(
        model.side, float(np.linalg.norm(rest[9]) / adult), model.faces, posed, pose_class
    )


@dataclass(frozen=True, slots=True)
class HandInScene:
    """One hand where it is."""

    looks: HandLooks
    arm: Arm
    posed: PosedHand

    @property
    def palm_centre(self) -> Float64:
        return palm_centre(self.posed.keypoints)

    def truth(self) -> HandTruth:
        return HandTruth(self.looks.side, self.posed.keypoints, self.posed.vertices)

    def moved(self, rotation: Float64, translation: Float64) -> HandInScene:
        """The hand after `rotation` [3, 3] and then `translation` [3]."""
        points = (p @ rotation.T + translation for p in (self.posed.vertices, self.posed.keypoints))
        return HandInScene(self.looks, self.arm.moved(rotation, translation), PosedHand(*points))


@dataclass(frozen=True, slots=True)
class SceneGeometry:
    """What stands where, in the camera's frame."""

    layout: str
    solids: tuple[Mesh, ...]
    """Everything that is no hand, arms included."""
    hands: tuple[HandInScene, ...]
    dark: tuple[Mesh, ...] = ()
    """Things that return no light to the sensor (hair, black plastic): they hide what is behind
    them and have no depth themselves."""

    def moved(self, rotation: Float64, translation: Float64) -> SceneGeometry:
        """As seen from another camera: after `rotation` [3, 3] and then `translation` [3]."""
        return replace(
            self,
            solids=tuple(mesh.moved(rotation, translation) for mesh in self.solids),
            hands=tuple(hand.moved(rotation, translation) for hand in self.hands),
            dark=tuple(mesh.moved(rotation, translation) for mesh in self.dark),
        )


def palm_centre(keypoints: Float64) -> Float64:
    """[3] mean of the wrist and the four finger MCPs: the point that is found and followed."""
    centre: Float64 = keypoints[..., PALM_KEYPOINTS, :].mean(-2)
    return centre
