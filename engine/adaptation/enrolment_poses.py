"""The guided minute as data: which poses a new person is asked for, and how near a hand is to one.

Everything is in the view of a right hand (engine.inference.depth_view); for a left hand the same
poses are meant in the mirror. The poses show every bone bent and straight, and the hand from the
palm, the back and both edges, because each shows what the others hide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import palm_size
from engine.hand.skinning import HandPose
from engine.inference.depth_view import mirror_pose
from engine.messages import HandState, Side

Float64 = npt.NDArray[np.float64]

TOUCH_M = 0.022
"""Thumb tip to fingertip of an adult's pinch: the tips are points on the skin, the pads meet."""
CURL_TOLERANCE = np.radians(55.0)
"""How far the three flexions of a finger, added up, may be off at closeness one half."""
SPREAD_TOLERANCE = np.radians(9.0)
VIEW_TOLERANCE = np.radians(38.0)
UPRIGHT_TOLERANCE = np.radians(60.0)

_FLEXIONS = np.array([[6, 8, 9], [10, 12, 13], [14, 16, 17], [18, 20, 21]])
_ABDUCTIONS = np.array([7, 11, 15, 19])
_THUMB_FLEXIONS = np.array([3, 5])

_HALF = float(np.sqrt(0.5))
# R_camera_from_hand; hand axes are x towards the little finger, y towards the fingers, z out of
# the back. Camera axes are x right, y down, z away.
_VIEWS: dict[str, list[list[float]]] = {
    "palm": [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
    "back": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    "little-finger edge": [[0, 0, -1], [0, -1, 0], [-1, 0, 0]],
    "slanted back": [[_HALF, 0, _HALF], [0, -1, 0], [_HALF, 0, -_HALF]],
}


@dataclass(frozen=True, slots=True)
class EnrolmentStep:
    """One pose to hold."""

    name: str
    sentence: str
    """What the person is asked to do."""
    angles: Float64
    """[22] radians: of the ghost hand."""
    view: str
    """A key of _VIEWS: the side of the hand that the camera should see."""
    pinch: int | None = None
    """Fingertip 1..4 (index .. pinky) that the thumb should touch."""
    judges_spread: bool = False
    """Whether it matters that the fingers are apart, or together."""
    hold_s: float = 0.6
    """How long the pose is held until it counts."""

    @property
    def R_camera_from_hand(self) -> Float64:
        """[3, 3] of the ghost, as a right hand: upright in the picture."""
        return np.array(_VIEWS[self.view], np.float64)

    def ghost(self, side: Side, wrist_position: Float64, shape: Float64) -> HandPose:
        """The ghost hand of a side at a place [3] in the camera frame, of a shape [10]."""
        right = HandPose(self.R_camera_from_hand, np.zeros(3), self.angles, shape)
        pose = mirror_pose(right, side)
        return HandPose(pose.wrist_rotation, wrist_position, pose.angles, pose.shape)

    def closeness(self, state: HandState) -> float:
        """How near a tracked hand is to this pose, 0..1; one half and more will do."""
        pose = HandPose(state.wrist_rotation, state.wrist_position, state.angles, state.shape)
        return self.closeness_in_view(mirror_pose(pose, state.side), state.joints)

    def closeness_in_view(self, pose: HandPose, keypoints: Float64) -> float:
        """As `closeness`, of a pose in a right hand's view; `keypoints` [21, 3] metres."""
        parts = [self._view_ratio(pose.wrist_rotation), self._curl_ratio(pose.angles)]
        if self.pinch is not None:
            parts.append(_touch_ratio(keypoints, self.pinch))
        if self.judges_spread:
            parts.append(self._spread_ratio(pose.angles))
        return float(2.0 ** -(max(parts) ** 2))

    def _view_ratio(self, R: Float64) -> float:
        """Angles to the ghost's palm normal and finger direction, in tolerances."""
        turned = [
            float(np.arccos(np.clip(R[:, axis] @ self.R_camera_from_hand[:, axis], -1.0, 1.0)))
            for axis in (2, 1)
        ]
        return max(turned[0] / VIEW_TOLERANCE, turned[1] / UPRIGHT_TOLERANCE)

    def _curl_ratio(self, angles: Float64) -> float:
        """How differently the worst finger is bent, in tolerances.

        While pinching, the touch says enough about thumb and finger.
        """
        off = np.abs(angles - self.angles)
        curls = np.append(np.abs((angles - self.angles)[_FLEXIONS].sum(1)), 0.0)
        if self.pinch is None:
            curls[4] = off[_THUMB_FLEXIONS].sum()
        else:
            curls[self.pinch - 1] = 0.0
        return float(curls.max() / CURL_TOLERANCE)

    def _spread_ratio(self, angles: Float64) -> float:
        apart = angles[_ABDUCTIONS] - self.angles[_ABDUCTIONS]
        fan = (apart[0] - apart[3]) / 2.0
        return float(abs(fan) / SPREAD_TOLERANCE)


def _touch_ratio(keypoints: Float64, finger: int) -> float:
    """Distance of thumb tip and fingertip in lengths of a touch, for this size of hand."""
    size = palm_size(keypoints)
    apart = float(np.linalg.norm(keypoints[4] - keypoints[4 + 4 * finger]))
    return apart / (TOUCH_M * max(size, 0.5))


def _degrees(*values: float) -> Float64:
    return np.radians(np.array(values, np.float64))


_LOOSE_THUMB = _degrees(0, 0, 0, 5, 0, 10)
_TUCKED_THUMB = _degrees(35, 20, 15, 35, 0, 45)
_STRAIGHT, _BENT, _CURLED = _degrees(5, 0, 5, 5), _degrees(65, 0, 90, 50), _degrees(80, 0, 95, 55)
_FINGERS = ("index finger", "middle finger", "ring finger", "little finger")


def _hand(thumb: Float64, fingers: list[Float64]) -> Float64:
    return np.concatenate([thumb, *fingers])


def _flat() -> Float64:
    # At rest the model's fingers are a little apart: closing them takes some adduction.
    angles = _hand(_LOOSE_THUMB, [_STRAIGHT] * 4)
    angles[_ABDUCTIONS] = _degrees(-4, -1, 5, 9)
    return angles


def _spread() -> Float64:
    angles = _hand(_degrees(0, -15, 0, 0, 0, 0), [_degrees(0, 0, 0, 0)] * 4)
    angles[_ABDUCTIONS] = _degrees(12, 3, -8, -14)
    return angles


def _one_bent(finger: int) -> Float64:
    fingers = [_STRAIGHT] * 4
    fingers[finger] = _BENT
    return _hand(_LOOSE_THUMB, fingers)


# Thumb and finger whose pads meet, found by optimisation with the default hand (the other fingers
# a little bent, nothing inside anything else).
_PINCHES = (
    (_degrees(16, 16, 10, 15, -3, 20), _degrees(55, 1, 51, 30)),
    (_degrees(16, 22, 9, 18, -4, 21), _degrees(60, 6, 51, 30)),
    (_degrees(18, 30, 8, 24, -4, 22), _degrees(63, 8, 48, 28)),
    (_degrees(23, 41, 7, 30, -3, 24), _degrees(65, 9, 46, 27)),
)


def _pinch(finger: int) -> Float64:
    thumb, bent = _PINCHES[finger]
    fingers = [_degrees(12, 0, 15, 10)] * 4
    fingers[finger] = bent
    return _hand(thumb, fingers)


def _steps() -> tuple[EnrolmentStep, ...]:
    flat, fist = _flat(), _hand(_TUCKED_THUMB, [_CURLED] * 4)
    steps = [
        EnrolmentStep(
            "flat hand",
            "Hold up your hand, palm to the camera, fingers straight and together.",
            flat,
            "palm",
            judges_spread=True,
        ),
        EnrolmentStep(
            "spread", "Spread all five fingers wide.", _spread(), "palm", judges_spread=True
        ),
        EnrolmentStep("fist", "Make a fist, fingers to the camera.", fist, "palm"),
    ]
    steps += [
        EnrolmentStep(
            f"pinch, {name}", f"Touch the tip of your {name} with your thumb.", _pinch(k), "palm",
            pinch=k + 1,
        )
        for k, name in enumerate(_FINGERS)
    ]  # fmt: skip
    bent_thumb = _hand(_degrees(5, 30, 15, 40, 0, 50), [_STRAIGHT] * 4)
    steps.append(
        EnrolmentStep("bent thumb", "Bend your thumb across the open palm.", bent_thumb, "palm")
    )
    steps += [
        EnrolmentStep(
            f"bent {name}", f"Bend your {name} alone, the others straight.", _one_bent(k), "palm"
        )
        for k, name in enumerate(_FINGERS)
    ]
    open_hand = _spread()
    steps += [
        EnrolmentStep(
            "little-finger edge",
            "Open your hand and show its edge, the little finger to the camera.",
            open_hand, "little-finger edge",
        ),
        EnrolmentStep(
            "back", "Turn it on: the back of your hand to the camera.", open_hand, "back"
        ),
        EnrolmentStep(
            "slanted back", "A little further: the thumb nearer to the camera.", open_hand,
            "slanted back",
        ),
    ]  # fmt: skip
    return tuple(steps)


STEPS: tuple[EnrolmentStep, ...] = _steps()
"""In the order in which they are asked for."""
