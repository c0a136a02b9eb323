"""People as far as a depth camera sees them: torso, head, arms and legs from simple solids.

Body frame: origin between the shoulders, x forward, y to the person's left, z up; metres. Lengths
belong to an adult of 1.70 m (segment lengths after Drillis and Contini, 1966) and scale together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.transforms import rotation_from_axis_angle
from engine.messages import Float64, Side
from engine.render.mesh import Mesh, capsule, ellipsoid, merged, perpendicular_axes, tube, unit

SHOULDER_M = 0.17
UPPER_ARM_M = 0.30
FOREARM_M = 0.25
PALM_CENTRE_M = 0.075
"""From the wrist joint to the middle of the palm of an adult, along the hand."""

# Heights and half axes of the torso's rings, from the pelvis to the neck.
_TORSO = np.array(
    [
        [-0.56, 0.150, 0.105],
        [-0.50, 0.172, 0.120],
        [-0.36, 0.148, 0.105],
        [-0.18, 0.160, 0.118],
        [-0.05, 0.185, 0.108],
        [0.005, 0.160, 0.085],
        [0.035, 0.085, 0.062],
    ]
)


@dataclass(frozen=True, slots=True)
class Arm:
    """Where an arm is, in whichever frame the caller works; metres."""

    shoulder: Float64
    elbow: Float64
    wrist: Float64
    R_hand: Float64
    """[3, 3]: rotation of the hand model's frame (see engine.hand.model) into that frame."""

    def moved(self, rotation: Float64, translation: Float64) -> Arm:
        """The arm after `rotation` and then `translation`."""
        shoulder, elbow, wrist = (
            rotation @ point + translation for point in (self.shoulder, self.elbow, self.wrist)
        )
        return Arm(shoulder, elbow, wrist, rotation @ self.R_hand)


@dataclass(frozen=True, slots=True)
class Build:
    """How large and how stout a person is, and what the sleeves look like."""

    scale: float = 1.0
    girth: float = 1.0
    sleeve_m: float = 0.0
    """Thickness of the sleeve's cloth over the upper arm and, where `long_sleeve`, the forearm."""
    long_sleeve: bool = False


def sample_build(rng: np.random.Generator, scale: float) -> Build:
    """A person to whom a hand of `scale` (1 = the default adult hand) belongs."""
    return Build(
        scale=float(scale * rng.uniform(0.94, 1.06)),
        girth=float(np.clip(rng.normal(1.05, 0.14), 0.8, 1.5)),
        sleeve_m=float(rng.uniform(0.002, 0.014)),
        long_sleeve=bool(rng.random() < 0.45),
    )


def outward(side: Side) -> float:
    """Sign of y on this side of the body."""
    return 1.0 if side is Side.LEFT else -1.0


def shoulder_of(build: Build, side: Side) -> Float64:
    """[3] the shoulder joint in the body frame."""
    return build.scale * np.array([0.0, outward(side) * SHOULDER_M, -0.045])


def reach(build: Build, side: Side, wrist: Float64, elbow_hint: Float64) -> tuple[Float64, Float64]:
    """Elbow and wrist [3] of an arm that reaches for `wrist`, all in the body frame.

    Args:
        wrist: wished position; moved towards the shoulder where the arm is too short.
        elbow_hint: direction to which the elbow turns out of the straight line.
    """
    shoulder = shoulder_of(build, side)
    upper, fore = UPPER_ARM_M * build.scale, FOREARM_M * build.scale
    offset = wrist - shoulder
    distance = float(np.clip(np.linalg.norm(offset), 0.35 * upper, 0.985 * (upper + fore)))
    along = unit(offset)
    at = (distance**2 + upper**2 - fore**2) / (2 * distance)
    height = np.sqrt(max(upper**2 - at**2, 0.0))
    side_step = unit(elbow_hint - along * (along @ elbow_hint))
    return shoulder + along * at + side_step * height, shoulder + along * distance


def hand_rotation(
    side: Side,
    upper_arm: Float64,
    forearm: Float64,
    pronation: float,
    flexion: float,
    deviation: float,
) -> Float64:
    """Rotation [3, 3] of the hand frame at the end of an arm.

    Args:
        upper_arm, forearm: directions [3] shoulder to elbow and elbow to wrist.
        pronation: radians; 0 has the thumb up when the elbow is bent forward, positive turns
            the palm down.
        flexion: radians towards the palm.
        deviation: radians towards the little finger.
    """
    along = unit(forearm)
    hinge = np.cross(upper_arm, along)
    if np.linalg.norm(hinge) < 1e-3:
        hinge = perpendicular_axes(along)[0]
    mirror = 1.0 if side is Side.RIGHT else -1.0
    little = unit(np.cross(along, hinge)) * mirror
    R_neutral = np.stack([little, along, np.cross(little, along)], -1)
    turns = np.array(
        [[0.0, -mirror * pronation, 0.0], [-flexion, 0.0, 0.0], [0.0, 0.0, -mirror * deviation]]
    )
    turn, bend, tilt = rotation_from_axis_angle(turns)
    rotation: Float64 = R_neutral @ turn @ bend @ tilt
    return rotation


def arm_mesh(build: Build, arm: Arm, shoulder_too: bool = True) -> Mesh:
    """Upper arm and forearm, joined to the wrist of the hand model."""
    s, g = build.scale, build.scale * (0.7 + 0.3 * build.girth)
    cloth = build.sleeve_m
    parts = [forearm_mesh(build, arm)]
    if shoulder_too:
        parts.append(capsule(arm.shoulder, arm.elbow, 0.050 * g + cloth, 0.040 * g + cloth))
        parts.append(ellipsoid(arm.shoulder, np.eye(3), np.full(3, 0.062 * s * build.girth)))
    else:
        parts.append(ellipsoid(arm.elbow, np.eye(3), np.full(3, 0.042 * g + cloth)))
    return merged(parts)


def forearm_mesh(build: Build, arm: Arm) -> Mesh:
    """An elliptic tube from inside the hand's wrist to the elbow; it turns with the hand."""
    s, length = build.scale, float(np.linalg.norm(arm.elbow - arm.wrist))
    back = (arm.elbow - arm.wrist) / length
    x_hand, y_hand, z_hand = arm.R_hand.T
    at = np.array([-0.014, -0.004, 0.008, 0.026, 0.06, 0.12, 0.18]) * length / FOREARM_M
    at = np.append(at, length)
    width = np.array([0.024, 0.0275, 0.028, 0.0275, 0.030, 0.038, 0.043, 0.040]) * s
    thickness = np.array([0.0165, 0.019, 0.020, 0.021, 0.025, 0.034, 0.040, 0.040]) * s
    if build.long_sleeve:
        cloth = build.sleeve_m * np.array([0, 0, 0, 0.4, 1, 1, 1, 1])
        width, thickness = width + cloth, thickness + cloth
    inside = at <= 0
    centres = arm.wrist + np.where(inside[:, None], -y_hand * at[:, None], back * at[:, None])
    width[2:] *= 0.75 + 0.25 * build.girth
    x_axis = unit(x_hand - back * (back @ x_hand))
    bent = ~inside[:, None]
    return tube(
        centres, width, thickness,
        np.where(bent, x_axis, x_hand), np.where(bent, np.cross(x_axis, back), z_hand), 14,
    )  # fmt: skip


def stump_mesh(build: Build, arm: Arm) -> Mesh:
    """An arm that ends at the wrist: what a hidden hand leaves to be seen."""
    s = build.scale
    forearm = capsule(arm.elbow, arm.wrist, 0.042 * s + build.sleeve_m, 0.027 * s)
    upper = capsule(arm.shoulder, arm.elbow, 0.050 * s + build.sleeve_m, 0.042 * s)
    return merged([upper, forearm])


def torso_mesh(rng: np.random.Generator, build: Build) -> Mesh:
    """The torso in the body frame, with folds of cloth."""
    s = build.scale
    heights, widths, depths = _TORSO.T * s
    belly = np.array([0.0, 0.3, 1.0, 0.6, 0.1, 0.0, 0.0]) * (build.girth - 1) * 0.12 * s
    centres = np.stack([belly * 0.6 - 0.02 * s, np.zeros_like(heights), heights], -1)
    torso = tube(
        centres, widths * (0.6 + 0.4 * build.girth), depths * build.girth + belly * 0.4,
        np.array([0.0, 1, 0]), np.array([1.0, 0, 0]), 24,
    )  # fmt: skip
    wave = rng.uniform(8, 22, (3, 3)), rng.uniform(0, 2 * np.pi, 3)
    folds = np.sin(torso.vertices @ wave[0] + wave[1]).sum(-1, keepdims=True)
    outward_xy = torso.vertices * np.array([1.0, 1.0, 0.0])
    folded = torso.vertices + 0.025 * folds * outward_xy * rng.uniform(0, 1)
    return Mesh(folded, torso.faces)


def head_meshes(rng: np.random.Generator, build: Build) -> tuple[Mesh, Mesh]:
    """Neck, face, nose and chin in the body frame; and hair and eyes, which may be dark."""
    s = build.scale**0.5  # a child's head is nearly as large as an adult's
    nod = rotation_from_axis_angle(
        np.array([[0, rng.normal(0, 0.2), 0], [0, 0, rng.normal(0, 0.3)]])
    )
    R = nod[0] @ nod[1]
    base = np.array([-0.015, 0.0, 0.02]) * s
    centre = base + R @ (np.array([0.025, 0.0, 0.175]) * s)

    def part(offset: tuple[float, float, float], half_sizes: tuple[float, float, float]) -> Mesh:
        return ellipsoid(centre + R @ np.array(offset) * s, R, np.array(half_sizes) * s)

    neck = capsule(base, centre + R @ np.array([-0.02, 0, -0.06]) * s, 0.058 * s, 0.052 * s)
    skull, nose = (
        part((0, 0, 0), (0.095, 0.075, 0.118)),
        part((0.092, 0, -0.015), (0.02, 0.013, 0.025)),
    )
    thick = rng.uniform(1.0, 1.12)
    back = rng.uniform(-0.03, -0.012)
    hair = part((back, 0, 0.02), (0.092 * thick, 0.08 * thick, 0.108 * thick))
    chin = part((0.055, 0, -0.085), (0.03, 0.03 * rng.uniform(0.7, 1.3), 0.025))
    brow = part((0.07, 0, 0.03), (0.026, 0.05, 0.014))
    eyes = [part((0.078, y, 0.008), (0.02, 0.016, 0.011)) for y in (-0.03, 0.03)]
    return merged([neck, skull, nose, chin, brow]), merged([hair, *eyes])


def legs_mesh(rng: np.random.Generator, build: Build, seated: bool) -> Mesh:
    """Thighs and shins in the body frame."""
    s, g = build.scale, build.scale * build.girth
    parts = []
    for sign in (-1.0, 1.0):
        hip = np.array([0.0, sign * 0.09, -0.55]) * s
        if seated:
            knee = hip + s * np.array([0.42, sign * rng.uniform(0, 0.15), rng.uniform(-0.05, 0.05)])
        else:
            knee = hip + s * np.array([0.02, sign * 0.02, -0.42])
        foot = knee + s * np.array([rng.uniform(-0.05, 0.08), 0.0, -0.42])
        parts += [capsule(hip, knee, 0.085 * g, 0.06 * g), capsule(knee, foot, 0.06 * g, 0.045 * g)]
    return merged(parts)
