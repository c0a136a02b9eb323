"""Whether a rig can give a depth for every pixel at all, said in a sentence.

Dense matching compares patches along rows; it needs two pictures that look alike. Cameras that
look at a hand from very different sides can still triangulate single points.
"""

from __future__ import annotations

import numpy as np

from calibration.rig import StereoRig

WIDEST_ANGLE_RAD = np.radians(25.0)
"""Between the two lines of sight to a hand; beyond, its two pictures show different skin."""
HAND_M = 0.5


def viewing_angle_rad(rig: StereoRig, distance_m: float = HAND_M) -> float:
    """Angle between the cameras' axes or, if that is larger, their sights of a point ahead."""
    R, T = rig.T_right_from_left.rotation, rig.T_right_from_left.translation
    axes = float(np.arccos(np.clip(R[2, 2], -1.0, 1.0)))
    point = np.array([0.0, 0.0, distance_m])
    to_left, to_right = -point, -R.T @ T - point
    cosine = to_left @ to_right / (np.linalg.norm(to_left) * np.linalg.norm(to_right))
    return max(axes, float(np.arccos(np.clip(cosine, -1.0, 1.0))))


def why_no_dense_depth(rig: StereoRig, metric: bool = True) -> str | None:
    """The sentence for a rig too wide for dense depth; None where it is narrow enough.

    `metric`: whether the rig's lengths are metres; by the cameras' axes alone where they are not.
    """
    if metric:
        angle = viewing_angle_rad(rig)
    else:
        angle = float(np.arccos(np.clip(rig.T_right_from_left.rotation[2, 2], -1.0, 1.0)))
    if angle <= WIDEST_ANGLE_RAD:
        return None
    return (
        f"These cameras look at the hand from {np.degrees(angle):.0f} degrees apart, too far for a "
        f"depth picture: up to {np.degrees(WIDEST_ANGLE_RAD):.0f} degrees they see the same skin "
        "and can be matched pixel by pixel; put them side by side, 60 to 120 mm apart and looking "
        "the same way."
    )
