"""Views of a rig with one thing wrong, for every fault that has a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from calibration.board import AnyBoard, Chessboard
from calibration.errors import CalibrationError
from calibration.faults import FaultKind
from calibration.intrinsics import AUTOMATIC
from calibration.solve import calibrate_stereo
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.views import Detection, View
from tests.calibration.synthetic import (
    detection,
    mirrored_detection,
    random_poses,
    random_rig,
    seen_points,
)

CHESSBOARD = Chessboard(9, 6, 0.025)
VIEWS = 14


@dataclass(frozen=True)
class Faulty:
    """What a calibration is given, and the fault that it should name."""

    views: list[View]
    kind: FaultKind
    board: AnyBoard = CHESSBOARD
    known_baseline_m: float | None = None


def named_faults(faulty: Faulty) -> set[FaultKind]:
    """The faults that a calibration names, in its report or as the reason why there is none."""
    try:
        report = calibrate_stereo(
            faulty.views,
            faulty.board,
            lens=AUTOMATIC[0],
            known_baseline_m=faulty.known_baseline_m,
        ).report
    except CalibrationError as error:
        return {error.fault} if error.fault else set()
    return {fault.kind for fault in report.faults}


def sound(rng: np.random.Generator, board: AnyBoard = CHESSBOARD) -> list[View]:
    """Nothing wrong."""
    rig = random_rig(rng)
    return seen_points(rig, board, random_poses(rng, rig, board, VIEWS), rng)


def swapped(rng: np.random.Generator) -> Faulty:
    views = [View(v.name, v.detections[::-1]) for v in sound(rng)]
    return Faulty(views, FaultKind.SWAPPED)


def one_mirrored(rng: np.random.Generator) -> Faulty:
    """A chessboard: its mirror image is a chessboard whose rows count the other way."""
    camera = int(rng.integers(2))
    views = []
    for view in sound(rng):
        seen = list(view.detections)
        flipped = mirrored_detection(seen[camera])
        grid = flipped.pixels.reshape(CHESSBOARD.rows, CHESSBOARD.columns, 2)[::-1]
        seen[camera] = replace(flipped, pixels=grid.reshape(-1, 2))
        views.append(View(view.name, tuple(seen)))
    return Faulty(views, FaultKind.MIRRORED)


def different_sizes(rng: np.random.Generator) -> Faulty:
    """The right camera gives half the resolution."""

    def halved(seen: Detection) -> Detection:
        return replace(seen, pixels=(seen.pixels + 0.5) / 2 - 0.5, size_px=(320, 240))

    views = [View(v.name, (v.detections[0], halved(v.detections[1]))) for v in sound(rng)]
    return Faulty(views, FaultKind.DIFFERENT_SIZES)


def wrong_square(rng: np.random.Generator) -> Faulty:
    """The square was entered 3 to 10 % wrong; the baseline was measured to 0.5 %."""
    rig = random_rig(rng)
    views = seen_points(rig, CHESSBOARD, random_poses(rng, rig, CHESSBOARD, VIEWS), rng)
    factor = 1 + rng.choice([-1, 1]) * rng.uniform(0.03, 0.10)
    entered = Chessboard(9, 6, CHESSBOARD.square_m * factor)
    measured = rig.baseline_m * rng.uniform(0.995, 1.005)
    return Faulty(views, FaultKind.WRONG_SQUARE, entered, measured)


def fronto_parallel(rng: np.random.Generator) -> Faulty:
    """The board is moved about and turned in its plane, and never tilted by more than 2 degrees."""
    rig = random_rig(rng)
    poses = random_poses(rng, rig, CHESSBOARD, VIEWS, tilt_deg=2.0)
    return Faulty(seen_points(rig, CHESSBOARD, poses, rng), FaultKind.NO_TILT)


def one_distance(rng: np.random.Generator) -> Faulty:
    rig = random_rig(rng)
    poses = random_poses(rng, rig, CHESSBOARD, VIEWS, distances_m=(0.45, 0.6))
    return Faulty(seen_points(rig, CHESSBOARD, poses, rng), FaultKind.LITTLE_DEPTH)


def out_of_step(rng: np.random.Generator) -> Faulty:
    """The right picture is 30 to 80 ms later, and the board moves by 5 to 30 cm/s and turns."""
    rig = random_rig(rng)
    late_s = rng.uniform(0.03, 0.08)
    views = []
    for k, pose in enumerate(random_poses(rng, rig, CHESSBOARD, VIEWS)):
        direction = rng.normal(size=3)
        moved = late_s * rng.uniform(0.05, 0.30) * direction / np.linalg.norm(direction)
        turned = rotation_from_axis_angle(late_s * np.radians(rng.uniform(-40, 40, 3)))
        later = RigidTransform(turned @ pose.rotation, pose.translation + moved)
        seen = (
            detection(rig.left, pose, CHESSBOARD, rng, 0.1),
            detection(rig.right, rig.T_right_from_left @ later, CHESSBOARD, rng, 0.1),
        )
        views.append(View(f"{k:03}", seen))
    return Faulty(views, FaultKind.NOT_SYNCHRONISED)


FAULTS: Mapping[str, Callable[[np.random.Generator], Faulty]] = {
    fault.__name__: fault
    for fault in (
        swapped,
        one_mirrored,
        different_sizes,
        wrong_square,
        fronto_parallel,
        one_distance,
        out_of_step,
    )
}
