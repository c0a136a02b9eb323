"""How two cameras stand to each other, view by view, and what the views agree on.

Each camera alone says where the board was; two poses of one board give the pair's geometry. Views
that contradict the others are counted: a rig is rigid, so they cannot be of one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.intrinsics import MonoCalibration
from calibration.rig import angle_of
from calibration.transforms import (
    RigidTransform,
    quaternion_from_rotation,
    rotation_from_quaternion,
)

Matrix = npt.NDArray[np.float64]

AGREEING_RAD = np.radians(3.0)
AGREEING_SHARE = 0.03
"""Of the board's distance: how far apart two views may place the right camera and still agree."""


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """What the views together say of a pair."""

    T_right_from_left: RigidTransform
    agreeing: tuple[bool, ...]
    """Whether a view agrees; False also where it shows the board to one camera only."""
    spread_rad: float
    """Median turn between a view's answer and the common one."""
    spread_share: float
    """Median distance between them, as a share of the board's distance."""

    @property
    def agreeing_share(self) -> float:
        """Of the views that both cameras see; 0 where there are none."""
        return float(np.mean(self.agreeing)) if self.agreeing else 0.0


def pair_estimate(left: MonoCalibration, right: MonoCalibration) -> PairEstimate | None:
    """The transform that most views agree on; None where no view shows the board to both."""
    both = [
        (k, a, b)
        for k, (a, b) in enumerate(
            zip(left.T_camera_from_board, right.T_camera_from_board, strict=True)
        )
        if a is not None and b is not None
    ]
    if not both:
        return None
    answers = [b @ a.inverse() for _, a, b in both]
    distance = np.array([np.linalg.norm(a.translation) for _, a, _ in both])
    turns, moves = _apart(answers)
    agree = (turns < AGREEING_RAD) & (moves < AGREEING_SHARE * distance)
    centre = int(np.argmax(agree.sum(1) - 1e-3 * (moves / distance).mean(1)))
    common = _mean([answers[k] for k in np.flatnonzero(agree[centre])])
    turned = np.array([angle_of(a.rotation @ common.rotation.T) for a in answers])
    moved = np.array([np.linalg.norm(a.translation - common.translation) for a in answers])
    good = (turned < AGREEING_RAD) & (moved < AGREEING_SHARE * distance)
    return PairEstimate(
        common,
        tuple(bool(g) for g in good),
        float(np.median(turned)),
        float(np.median(moved / distance)),
    )


def _apart(answers: Sequence[RigidTransform]) -> tuple[Matrix, Matrix]:
    """Turn in radians and distance in metres [N, N] between all pairs."""
    R = np.stack([a.rotation for a in answers])
    T = np.stack([a.translation for a in answers])
    trace = np.einsum("aij,bij->ab", R, R)
    turns = np.arccos(np.clip((trace - 1) / 2, -1, 1))
    return turns, np.linalg.norm(T[:, None] - T[None], axis=-1)


def _mean(answers: Sequence[RigidTransform]) -> RigidTransform:
    """Of transforms that are near each other."""
    q = quaternion_from_rotation(np.stack([a.rotation for a in answers]))
    q = q * np.sign(q @ q[0])[:, None]
    T = np.median([a.translation for a in answers], axis=0)
    return RigidTransform(rotation_from_quaternion(q.mean(0)), T)
