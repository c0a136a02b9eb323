"""Random hands: angles, shapes and views that cover what people do in front of a camera.

Angles come from recorded-motion statistics, from synergies (fingers curl together), and from
classes that a network otherwise sees too rarely: pinches, fists, pointing, crossing fingers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.transforms import rotation_from_axis_angle, rotation_from_quaternion
from engine.hand.articulation import LOWER, UPPER
from engine.hand.keypoints import BONES
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose, pose_hand
from engine.messages import Float64

STATISTICS_PATH = Path(__file__).resolve().parents[2] / "weights" / "pose_statistics.npz"

POSE_CLASSES = ("recorded", "synergy", "independent", "pinch", "fist", "point", "cross", "open")
POSE_SHARES = (0.24, 0.14, 0.20, 0.14, 0.10, 0.06, 0.05, 0.07)

FLEXION = np.array([6, 10, 14, 18])
ABDUCTION, PIP, DIP = FLEXION + 1, FLEXION + 2, FLEXION + 3
THUMB = slice(0, 6)

# In the rest pose the fingers are spread; a bending finger loses that spread (degrees).
REST_SPREAD = np.radians([2.0, -3.0, -10.0, -10.0])


@dataclass(frozen=True, slots=True)
class PoseStatistics:
    """What scripts/build_pose_statistics.py kept of recorded motion; radians."""

    centres: Float64
    spreads: Float64
    shares: Float64
    pinches: Float64


@lru_cache(maxsize=1)
def pose_statistics() -> PoseStatistics:
    with np.load(STATISTICS_PATH, allow_pickle=False) as stored:
        arrays = {key: stored[key].astype(np.float64) for key in stored.files}
    return PoseStatistics(
        arrays["centres"],
        arrays["spreads"],
        arrays["shares"] / arrays["shares"].sum(),
        arrays["pinches"],
    )


def sample_pose_class(rng: np.random.Generator) -> str:
    return str(rng.choice(POSE_CLASSES, p=POSE_SHARES))


def sample_angles(
    rng: np.random.Generator, model: HandModel, pose_class: str | None = None
) -> Float64:
    """Angles [22] in radians, within limits, without fingers deep inside each other."""
    chosen = pose_class or sample_pose_class(rng)
    angles = np.zeros(22)
    for _ in range(6):
        angles = np.clip(_SAMPLERS[chosen](rng), LOWER, UPPER)
        if penetration_m(model, angles) < 0.006:
            break
    return angles


def penetration_m(model: HandModel, angles: Float64) -> float:
    """How deep bones of different fingers run into each other, in metres (0 when apart)."""
    pose = HandPose(np.eye(3), np.zeros(3), angles, np.zeros(10))
    keypoints = pose_hand(model, pose).keypoints
    spheres = keypoints[_SPHERE_FROM] * (1 - _SPHERE_AT) + keypoints[_SPHERE_TO] * _SPHERE_AT
    gaps = np.linalg.norm(spheres[_PAIR_A] - spheres[_PAIR_B], axis=-1)
    return float(np.max(_PAIR_RADII - gaps, initial=0.0))


def sample_shape(rng: np.random.Generator) -> Float64:
    """Shape coefficients [10] over adults and children from about six years."""
    shape = rng.normal(0, 1.15, 10)
    shape[1:6] = rng.normal(0, 0.8) + rng.normal(0, 0.9, 5)  # fingers are long or short together
    adult = rng.random() < 0.75
    shape[0] = rng.normal(0, 0.9) if adult else rng.uniform(-3.8, -0.5)
    return np.clip(shape, -4.0, 2.8)


def sample_view(rng: np.random.Generator) -> Float64:
    """R_camera_from_hand [3, 3]: palm and back most often, every other view often enough."""
    if rng.random() < 0.25:
        return rotation_from_quaternion(rng.normal(size=4))
    roll = rng.normal(0, 0.6) + (np.pi if rng.random() < 0.5 else 0.0)
    if rng.random() < 0.35:
        roll = rng.uniform(-np.pi, np.pi)
    elevation = np.clip(rng.normal(0, 0.6), -1.4, 1.4)
    in_plane = rng.uniform(-np.pi, np.pi)
    turns = np.array([[0.0, 0.0, in_plane], [elevation, 0.0, 0.0], [0.0, roll, 0.0]])
    R = rotation_from_axis_angle(turns)
    return R[0] @ R[1] @ R[2]


def view_label(R_camera_from_hand: Float64) -> str:
    """`palm`, `back`, `side` or `pointing` (fingers towards or away from the camera)."""
    if abs(R_camera_from_hand[2, 1]) > 0.7:
        return "pointing"
    facing = R_camera_from_hand[2, 2]
    return "palm" if facing > 0.6 else "back" if facing < -0.6 else "side"


def _recorded(rng: np.random.Generator) -> Float64:
    statistics = pose_statistics()
    first, second = rng.choice(len(statistics.centres), 2, p=statistics.shares)
    angles = rng.normal(statistics.centres[first], statistics.spreads[first])
    if rng.random() < 0.4:  # some fingers of another pose
        other = rng.normal(statistics.centres[second], statistics.spreads[second])
        for finger in range(5):
            if rng.random() < 0.4:
                own = THUMB if finger == 4 else slice(6 + 4 * finger, 10 + 4 * finger)
                angles[own] = other[own]
    return angles + np.radians(rng.normal(0, 5, 22))


def _curled(rng: np.random.Generator, curl: Float64) -> Float64:
    """Angles of fingers curled by `curl` [4] in 0..1, with a random thumb."""
    angles = np.zeros(22)
    noise = lambda sigma: np.radians(rng.normal(0, sigma, 4))  # noqa: E731
    angles[FLEXION] = np.radians(85) * curl + noise(13)
    angles[PIP] = np.radians(97) * curl + noise(13)
    one_off = rng.random(4) < 0.2
    angles[FLEXION] = np.where(one_off, np.radians(rng.uniform(-20, 85, 4)), angles[FLEXION])
    one_off = rng.random(4) < 0.18
    angles[PIP] = np.where(one_off, np.radians(rng.uniform(0, 105, 4)), angles[PIP])
    angles[DIP] = 0.62 * angles[PIP] + noise(7)
    spread = np.radians(rng.normal(0, 7)) * np.array([1.0, 0.2, -0.6, -1.2]) + noise(4)
    bent = np.clip(angles[FLEXION], 0, np.pi / 2)
    angles[ABDUCTION] = spread * (1 - 0.48 * bent) - REST_SPREAD * np.sin(bent) * 0.8
    angles[THUMB] = _thumb(rng)
    return angles


def _thumb(rng: np.random.Generator) -> Float64:
    opposed, bent = rng.random(), rng.random()
    mean = [opposed * 16 - 8, opposed * 24 - 5, opposed * 25 - 8, bent * 45 - 5, 0, bent * 62 - 10]
    return np.radians(rng.normal(mean, [11, 12, 8, 9, 5, 14]))


def _synergy(rng: np.random.Generator) -> Float64:
    return _curled(rng, np.clip(rng.random() + rng.normal(0, 0.12, 4), 0, 1))


def _independent(rng: np.random.Generator) -> Float64:
    kind = rng.random(4)
    straight, bent = np.abs(rng.normal(0, 0.1, 4)), 1 - np.abs(rng.normal(0, 0.15, 4))
    middle = rng.random(4)
    return _curled(rng, np.where(kind < 0.4, straight, np.where(kind < 0.65, bent, middle)))


def _open(rng: np.random.Generator) -> Float64:
    return _curled(rng, np.abs(rng.normal(0, 0.12, 4)))


def _fist(rng: np.random.Generator) -> Float64:
    angles = _curled(rng, np.clip(rng.normal(0.95, 0.1, 4), 0, 1))
    mean = [5, 25, 20, 35, 0, 45] if rng.random() < 0.6 else [-5, 10, 0, 10, 0, 30]
    angles[THUMB] = np.radians(rng.normal(mean, [10, 12, 10, 14, 5, 20]))
    return angles


def _point(rng: np.random.Generator) -> Float64:
    curl = np.clip(rng.normal(0.9, 0.12, 4), 0, 1)
    straight = rng.choice(4, rng.integers(1, 3), replace=False)
    curl[straight] = np.abs(rng.normal(0, 0.08, len(straight)))
    angles = _curled(rng, curl)
    if rng.random() < 0.5:
        angles[THUMB] = np.radians(rng.normal([5, 25, 18, 30, 0, 35], [10, 10, 8, 12, 5, 18]))
    return angles


def _pinch(rng: np.random.Generator) -> Float64:
    pinches = pose_statistics().pinches
    angles = pinches[rng.integers(len(pinches))] + np.radians(rng.normal(0, 2.5, 22))
    if rng.random() < 0.35:  # before or after the touch
        angles = angles * rng.uniform(0.4, 1.0)
    return angles


def _cross(rng: np.random.Generator) -> Float64:
    """One finger swung over its neighbour."""
    angles = _curled(rng, np.abs(rng.normal(0, 0.25, 4)))
    finger = rng.integers(0, 3)
    angles[ABDUCTION[finger]] = np.radians(rng.normal(-16, 5))
    angles[ABDUCTION[finger + 1]] = np.radians(rng.normal(14, 5))
    angles[FLEXION[finger]] += np.radians(rng.normal(22, 8)) * rng.choice([-1.0, 1.0])
    return angles


_SAMPLERS = dict(
    zip(
        POSE_CLASSES,
        (_recorded, _synergy, _independent, _pinch, _fist, _point, _cross, _open),
        strict=True,
    )
)


def _finger_spheres() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Float64, Float64]:
    """Three spheres along each finger bone (not in the palm): from, to, where, radius."""
    rows = [
        (a, b, at, 0.0080 if b < 5 else 0.0066)
        for a, b in BONES
        if a != 0
        for at in ((0.2, 0.5, 0.85) if b % 4 != 0 else (0.1, 0.45, 0.8))
    ]
    start, end, at, radius = (np.array(column) for column in zip(*rows, strict=True))
    return start, end, at[:, None], radius


_SPHERE_FROM, _SPHERE_TO, _SPHERE_AT, _RADII = _finger_spheres()
_PAIR_A, _PAIR_B = (
    index[((_SPHERE_TO - 1) // 4)[first] != ((_SPHERE_TO - 1) // 4)[second]]
    for first, second in [np.triu_indices(len(_RADII), 1)]
    for index in (first, second)
)
_PAIR_RADII = _RADII[_PAIR_A] + _RADII[_PAIR_B]
