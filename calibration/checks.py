"""The faults that pictures, board and rig can have, each looked for on its own and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.board import Board, Chessboard
from calibration.faults import Fault, FaultKind
from calibration.homography import homography
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform
from calibration.views import Detection, View, shared_points

Matrix = npt.NDArray[np.float64]

LEAST_TILT_RAD = np.radians(12.0)
"""Between the two most different poses of the board. Below, focal length and distance mix."""
LEAST_DEPTH_RATIO = 2.0
"""Farthest by nearest distance of the board."""
LEAST_VIEWS = 20
"""Complete ones; more bring little."""
RATIO_TOLERANCE = 0.03
"""Of a marker's side by what was entered: they are measured to about 1 %."""
BASELINE_TOLERANCE = 0.02
"""Of a baseline that a person measured or a maker states."""
JOINT_FACTOR = 2.5
JOINT_LEAST_PX = 0.5
"""Error of the pair, in a picture 640 wide, from which cameras are taken to be out of step: that
many times what each camera has alone, and at least this."""
SAME_PX = 0.02
"""Between the two pictures of one point: two cameras never agree so well."""
DROPPED_SHARE = 0.3
"""Of the views."""


def different_sizes(views: Sequence[View], names: Sequence[str]) -> Fault | None:
    """Pictures of one camera, or of the two, that differ in resolution."""
    sizes: dict[tuple[int, int], str] = {}
    for view in views:
        for name, seen in zip(names, view.detections, strict=True):
            if seen is not None:
                sizes.setdefault(seen.size_px, f"{name} in '{view.name}'")
    if len(sizes) < 2:
        return None
    found = ", ".join(f"{w} x {h} px ({where})" for (w, h), where in sizes.items())
    return Fault(
        FaultKind.DIFFERENT_SIZES,
        f"Different resolutions: all pictures must have the same size, found {found}; set both "
        "cameras to one resolution and take the pictures again.",
    )


def same_pictures(views: Sequence[View]) -> bool:
    """Whether both cameras show the very same: one of them was named twice."""
    off = [np.abs(left - right).ravel() for _, left, right in map(shared_points, views)]
    apart = np.concatenate([np.zeros(0), *off])
    return bool(len(apart)) and float(np.median(apart)) < SAME_PX


def mirrored_points(views: Sequence[View], board: Board, names: Sequence[str]) -> Fault | None:
    """Boards whose points can be told apart are seen from behind: the picture is mirrored."""
    for camera, name in enumerate(names):
        seen = [v.detections[camera] for v in views if v.detections[camera] is not None]
        behind = [_seen_from_behind(d, board) for d in seen if d is not None]
        if behind and np.mean(behind) > 0.5:
            return mirrored(name)
    return None


def mirrored(name: str) -> Fault:
    """The fault of a camera whose picture is mirrored."""
    return Fault(
        FaultKind.MIRRORED,
        f"Mirrored picture: the {name} camera shows the board as in a mirror; switch off mirroring "
        "(often called 'flip' or 'selfie view') in its settings and take the pictures again.",
    )


def _seen_from_behind(detection: Detection, board: Board) -> bool:
    H = homography(board.points_m[detection.ids, :2], detection.pixels)
    if H is None:
        return False
    middle = np.array([*board.points_m[detection.ids, :2].mean(0), 1.0])
    # Orientation of the map at the middle: det H by the cube of its denominator.
    return bool(np.linalg.det(H) / (H[2] @ middle) ** 3 < 0)


def unmirrored(view: View, camera: int, board: Board, flip_rows: bool) -> View:
    """The view as it would be if this camera's picture were not mirrored.

    A chessboard in a mirror is a chessboard; its points then count from the other end of the
    columns or of the rows.
    """
    seen = view.detections[camera]
    if seen is None:
        return view
    pixels = seen.pixels * [-1, 1] + [seen.size_px[0] - 1, 0]
    ids = seen.ids
    if isinstance(board, Chessboard):
        row, column = np.divmod(ids, board.columns)
        if flip_rows:
            row = board.rows - 1 - row
        else:
            column = board.columns - 1 - column
        ids = row * board.columns + column
    order = np.argsort(ids)
    changed = Detection(ids[order], pixels[order], seen.size_px)
    detections = list(view.detections)
    detections[camera] = changed
    return View(view.name, tuple(detections))


def placed_wrongly(rig: StereoRig) -> Fault | None:
    """The right camera stands at the left one's left, or above or behind it."""
    R, T = rig.T_right_from_left.rotation, rig.T_right_from_left.translation
    across, down, along = -R.T @ T
    if abs(across) < np.hypot(down, along):
        return Fault(
            FaultKind.ONE_ABOVE_OTHER,
            "Cameras not side by side: the right camera should stand to the right of the left one, "
            f"found it {1000 * across:.0f} mm to the right, {1000 * down:.0f} mm below and "
            f"{1000 * along:.0f} mm in front; matching works along rows, so put them side by side.",
        )
    if across < 0:
        return Fault(
            FaultKind.SWAPPED,
            f"Swapped pair: the right camera stands {1000 * -across:.0f} mm to the LEFT of the "
            "left one; swap the two (or, if they are right, both pictures are mirrored).",
        )
    return None


def never_tilted(T_rig_from_board: Sequence[RigidTransform]) -> Fault | None:
    """All poses of the board are parallel: focal length and distance cannot be told apart."""
    normals = np.stack([pose.rotation[:, 2] for pose in T_rig_from_board])
    widest = float(np.arccos(np.clip((normals @ normals.T).min(), -1, 1)))
    if widest >= LEAST_TILT_RAD:
        return None
    return Fault(
        FaultKind.NO_TILT,
        "Board never tilted: the views should differ by at least "
        f"{np.degrees(LEAST_TILT_RAD):.0f} degrees in how the board is tilted, found "
        f"{np.degrees(widest):.0f}; without that focal length and distance cannot be told apart, "
        "so tilt it by 30 degrees to each side in further pictures.",
    )


def distances_m(T_rig_from_board: Sequence[RigidTransform], board: Board) -> Matrix:
    """Of the board's middle from the first camera [views]."""
    middle = board.points_m.mean(0)
    return np.array([float(np.linalg.norm(pose.apply(middle))) for pose in T_rig_from_board])


def little_depth(distances: Matrix) -> Fault | None:
    """The board was always about as far away."""
    ratio = float(distances.max() / distances.min())
    if ratio >= LEAST_DEPTH_RATIO:
        return None
    return Fault(
        FaultKind.LITTLE_DEPTH,
        f"Too little depth range: the farthest board should be {LEAST_DEPTH_RATIO:.0f} times as "
        f"far away as the nearest, found {ratio:.1f} times ({100 * distances.min():.0f} to "
        f"{100 * distances.max():.0f} cm); take some pictures nearer and some farther away.",
    )


def few_views(complete: int) -> Fault | None:
    """Fewer views than a good calibration has."""
    if complete >= LEAST_VIEWS:
        return None
    return Fault(
        FaultKind.FEW_VIEWS,
        f"Few views: at least {LEAST_VIEWS} that both cameras see are good, found {complete}; take "
        "more where the coverage is thin.",
    )


def wrong_square_by_markers(views: Sequence[View], board: Board) -> Fault | None:
    """Markers that are larger or smaller beside the squares than was entered."""
    ratios = [
        seen.marker_ratio
        for view in views
        for seen in view.detections
        if seen is not None and seen.marker_ratio > 0
    ]
    if not ratios or abs(np.median(ratios) - 1) <= RATIO_TOLERANCE:
        return None
    return Fault(
        FaultKind.WRONG_SQUARE,
        "Wrong square size: beside the board's other lengths the markers look "
        f"{np.median(ratios):.2f} times as large as entered ({board.spec}); measure both with a "
        "ruler and enter them again.",
    )


def wrong_square_by_baseline(rig: StereoRig, board: Board, known_baseline_m: float) -> Fault | None:
    """The baseline comes out in squares; where it is known otherwise, so is the square."""
    scale = known_baseline_m / rig.baseline_m
    if abs(scale - 1) <= BASELINE_TOLERANCE:
        return None
    return Fault(
        FaultKind.WRONG_SQUARE,
        f"Wrong square size: with squares of {1000 * board.square_m:.2f} mm the baseline is "
        f"{1000 * rig.baseline_m:.1f} mm, and {1000 * known_baseline_m:.1f} mm was expected; the "
        f"squares would have to be {1000 * scale * board.square_m:.2f} mm, so measure one again.",
    )


def out_of_step(
    joint_px: float, alone_px: float, width_px: int, dropped_share: float
) -> Fault | None:
    """Each camera alone explains its pictures, and both together do not.

    `joint_px`, `alone_px`: RMS of the median view in the pair and in each camera alone.
    """
    least = JOINT_LEAST_PX * width_px / 640
    if dropped_share <= DROPPED_SHARE and joint_px < max(JOINT_FACTOR * alone_px, least):
        return None
    together = f"only to {joint_px:.2f} px" if np.isfinite(joint_px) else "not at all"
    return Fault(
        FaultKind.NOT_SYNCHRONISED,
        "Cameras not synchronised: each camera alone explains its pictures to "
        f"{alone_px:.2f} px, and both together {together}, as if the pictures of a pair were of "
        "different moments; hold the board still for each picture, synchronise the "
        "cameras, and check that the pairs belong together and nothing moved between the cameras.",
    )
