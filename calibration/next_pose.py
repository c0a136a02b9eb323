"""Where to hold the board next: the pose that would add most to what is covered.

Poses from a fixed list (places, distances, tilts) are compared with what was seen; the one that is
least like all of it is suggested, as an outline to draw into the left picture and in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.board import Board
from calibration.camera_model import PinholeCamera
from calibration.coverage import Placement, placement
from calibration.transforms import RigidTransform, rotation_from_axis_angle

Matrix = npt.NDArray[np.float64]

TYPICAL_FOCAL_SHARE = 0.9
"""Focal length of a webcam as a share of the picture's width: enough to draw an outline."""
SIZES = (0.35, 0.55, 0.25)
"""Of the board in the picture: middle, near, far."""
PLACES = ((0.5, 0.5), (0.2, 0.5), (0.8, 0.5), (0.5, 0.2), (0.5, 0.8), (0.2, 0.2), (0.8, 0.8))
TILT_RAD = np.radians(35.0)
TILTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
"""About x and y."""
TILT_WEIGHT = 0.35
INSIDE_SHARE = 0.02
"""Of the picture's width: how near its border a suggested board may come."""


@dataclass(frozen=True, slots=True)
class Tilted:
    """A placement and how the board is tilted about x and y, in radians."""

    place: Placement
    tilt: tuple[float, float]

    @property
    def vector(self) -> Matrix:
        """To compare poses by; tilts count like a place, for they fix the focal length."""
        tilt = TILT_WEIGHT * np.array(self.tilt) / TILT_RAD
        return np.concatenate([self.place.vector[:3], tilt])


@dataclass(frozen=True, slots=True)
class SuggestedPose:
    """What to show a person."""

    outline_px: Matrix
    """The board's corners [4, 2] in the left picture, clockwise from its first."""
    pose: Tilted
    instruction: str


def assumed_camera(size_px: tuple[int, int]) -> PinholeCamera:
    """A camera to draw outlines with, before there is a calibration."""
    width, height = size_px
    f = TYPICAL_FOCAL_SHARE * width
    return PinholeCamera(width, height, f, f, (width - 1) / 2, (height - 1) / 2)


def tilt_of(T_camera_from_board: RigidTransform) -> tuple[float, float]:
    """How a board is turned about x and y, in radians."""
    normal = T_camera_from_board.rotation[:, 2]
    return float(np.arctan2(-normal[1], normal[2])), float(np.arctan2(normal[0], normal[2]))


def suggest_next(seen: Sequence[Tilted], board: Board, size_px: tuple[int, int]) -> SuggestedPose:
    """The pose that is least like those seen; the first one is upright in the middle."""
    candidates = list(_candidates(board, size_px))
    if not seen:
        return candidates[0]
    known = np.stack([pose.vector for pose in seen])
    return max(candidates, key=lambda c: float(np.abs(known - c.pose.vector).sum(-1).min()))


def _candidates(board: Board, size_px: tuple[int, int]) -> Iterator[SuggestedPose]:
    camera = assumed_camera(size_px)
    margin = INSIDE_SHARE * size_px[0]
    for size in SIZES:
        for tilt in TILTS:
            for place in PLACES:
                outline = _outline(camera, board, size, tilt, place)
                if (outline > margin).all() and (outline < np.array(size_px) - margin).all():
                    turned = (TILT_RAD * tilt[0], TILT_RAD * tilt[1])
                    pose = Tilted(placement(outline, size_px), turned)
                    yield SuggestedPose(outline, pose, _instruction(size, tilt, place))


def _outline(
    camera: PinholeCamera,
    board: Board,
    size: float,
    tilt: tuple[int, int],
    place: tuple[float, float],
) -> Matrix:
    """The printed pattern's corners in the picture."""
    width_m, height_m = board.size_m
    z = (
        camera.fx
        * np.sqrt(width_m * height_m)
        / (size * np.sqrt(camera.width_px * camera.height_px))
    )
    half = np.array([width_m, height_m]) / 2
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [*half, 0.0]
    R = rotation_from_axis_angle(TILT_RAD * np.array([tilt[0], tilt[1], 0.0]))
    turned = corners @ R.T
    half_px = camera.fx * np.abs(turned[:, :2]).max(0) / z
    extent = np.array([camera.width_px, camera.height_px])
    middle_px = half_px + (extent - 2 * half_px) * place
    middle = camera.unproject(middle_px, np.array(z))
    return camera.project(turned + middle)


def _instruction(size: float, tilt: tuple[int, int], place: tuple[float, float]) -> str:
    distance = {0.55: "close to the cameras", 0.25: "far from the cameras"}.get(size, "")
    across = {0.2: "left", 0.8: "right"}.get(place[0], "")
    down = {0.2: "top", 0.8: "bottom"}.get(place[1], "")
    where = " ".join(filter(None, (down, across)))
    turned = {
        (0, 1): "its left edge away", (0, -1): "its right edge away",
        (1, 0): "its bottom edge away", (-1, 0): "its top edge away",
    }.get(tilt, "")  # fmt: skip
    words = [
        f"at the {where} of the picture" if where else "in the middle of the picture",
        distance,
        f"with {turned}" if turned else "upright",
    ]
    return "Hold the board " + ", ".join(filter(None, words)) + "."
