"""Rigs and boards with known truth: points projected with noise, and pictures rendered.

Pictures are made by casting rays: every sub-pixel of the distorted camera meets the board's plane,
and what is printed there is averaged. Nothing of the code under test finds or solves here but the
lens, whose own tests compare it with OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from calibration.board import AnyBoard, CharucoBoard
from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.lens import LensModel
from calibration.rig import StereoRig
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from calibration.views import Detection, View

BOARD = CharucoBoard(8, 6, 0.030, 0.022)
OVERSAMPLING = 3
TEXTURE_PX_PER_M = 12_000
PAPER, INK, ROOM = 215, 30, 120


def random_rig(rng: np.random.Generator, width: int = 640, height: int = 480) -> StereoRig:
    """A webcam pair: 60 to 120 mm apart, turned by up to two degrees, each with its own lens."""

    def camera() -> DistortedCamera:
        f = rng.uniform(0.75, 1.1) * width
        pinhole = PinholeCamera(
            width,
            height,
            f,
            f * rng.uniform(0.998, 1.002),
            (width - 1) / 2 + rng.uniform(-12, 12),
            (height - 1) / 2 + rng.uniform(-12, 12),
        )
        lens = (
            rng.uniform(-0.25, 0.05),
            rng.uniform(-0.02, 0.1),
            *rng.uniform(-5e-4, 5e-4, 2),
            0.0,
        )
        return DistortedCamera(pinhole, LensModel.BROWN_CONRADY, tuple(map(float, lens)))

    R = rotation_from_axis_angle(np.radians(rng.uniform(-2, 2, 3)))
    centre = rng.uniform(0.060, 0.120) * np.array([1.0, *rng.uniform(-0.03, 0.03, 2)])
    left = camera()
    right = camera()
    return StereoRig(left, right, RigidTransform(R, -R @ centre))


def random_poses(
    rng: np.random.Generator,
    rig: StereoRig,
    board: AnyBoard,
    count: int,
    *,
    tilt_deg: float = 40.0,
    distances_m: tuple[float, float] = (0.30, 0.75),
    inside: float = 1.0,
) -> list[RigidTransform]:
    """T_left_from_board of boards that both cameras see whole, tilted and turned at random."""
    width_m, height_m = board.size_m
    middle = np.array([width_m / 2, height_m / 2, 0.0])
    corners = np.array([[0, 0, 0], [width_m, 0, 0], [width_m, height_m, 0], [0, height_m, 0]])
    poses: list[RigidTransform] = []
    while len(poses) < count:
        z = np.exp(rng.uniform(*np.log(distances_m)))
        tilt = np.radians(rng.uniform(-tilt_deg, tilt_deg, 2))
        roll = np.radians(rng.uniform(-25, 25))
        R = rotation_from_axis_angle(np.array([*tilt, 0.0]))
        R = R @ rotation_from_axis_angle(np.array([0.0, 0.0, roll]))
        p = rig.left.pinhole
        uv = rng.uniform([0.1 * p.width_px, 0.1 * p.height_px], [p.width_px, 0.9 * p.height_px])
        place = rig.left.pinhole.unproject(uv, np.array(z))
        pose = RigidTransform(R, place - R @ middle)
        if all(_inside(camera, T @ pose, corners, inside) for camera, T in _cameras(rig)):
            poses.append(pose)
    return poses


def _cameras(rig: StereoRig) -> tuple[tuple[DistortedCamera, RigidTransform], ...]:
    return (rig.left, RigidTransform.identity()), (rig.right, rig.T_right_from_left)


def _inside(
    camera: DistortedCamera, pose: RigidTransform, corners: np.ndarray, share: float
) -> bool:
    p = pose.apply(corners)
    if (p[:, 2] < 0.1).any():
        return False
    uv = camera.project(p)
    size = np.array(camera.size_px)
    margin = (1 - share) * size / 2 + 2
    return bool(((uv > margin) & (uv < size - 1 - margin)).all())


def seen_points(
    rig: StereoRig,
    board: AnyBoard,
    poses: list[RigidTransform],
    rng: np.random.Generator,
    noise_px: float = 0.1,
) -> list[View]:
    """Every point of the board in both cameras, with Gaussian noise."""
    views = []
    for k, pose in enumerate(poses):
        detections = tuple(
            detection(camera, T @ pose, board, rng, noise_px) for camera, T in _cameras(rig)
        )
        views.append(View(f"{k:03}", detections))
    return views


def detection(
    camera: DistortedCamera,
    T_camera_from_board: RigidTransform,
    board: AnyBoard,
    rng: np.random.Generator,
    noise_px: float,
) -> Detection:
    uv = camera.project(T_camera_from_board.apply(board.points_m))
    uv = uv + rng.normal(0, noise_px, uv.shape)
    return Detection(np.arange(len(uv)), uv, camera.size_px)


@dataclass(frozen=True)
class Printed:
    """A board as a picture of its paper."""

    paper: np.ndarray
    px_per_m: float
    margin_m: float


def printed(board: AnyBoard, px_per_m: float = TEXTURE_PX_PER_M) -> Printed:
    """The board's ink on white paper, with a margin of one square."""
    margin = board.square_m
    width, height = board.size_m
    shape = [round((extent + 2 * margin) * px_per_m) for extent in (height, width)]
    paper = np.full(shape, PAPER, np.uint8)
    for left, top, right, bottom in np.round((board.ink_m + margin) * px_per_m).astype(int):
        paper[top:bottom, left:right] = INK
    return Printed(paper, px_per_m, margin)


class Renderer:
    """One camera taking pictures of a board; its rays are computed once."""

    def __init__(self, camera: DistortedCamera, sheet: Printed) -> None:
        self._sheet, self._camera = sheet, camera
        width, height = camera.size_px
        rays = camera.rays(np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1))
        # A lens bends so little within a pixel that its sub-pixels' rays lie on a plane.
        by_row, by_column = np.gradient(rays, axis=(0, 1))
        step = (np.arange(OVERSAMPLING) + 0.5) / OVERSAMPLING - 0.5
        fine = (
            rays[:, None, :, None]
            + step[:, None, None, None] * by_row[:, None, :, None]
            + step[:, None] * by_column[:, None, :, None]
        ).reshape(height * OVERSAMPLING, width * OVERSAMPLING, 2)
        self._rays = np.concatenate([fine, np.ones_like(fine[..., :1])], -1).astype(np.float32)

    def picture(
        self, T_camera_from_board: RigidTransform, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """A picture [H, W], uint8, blurred by half a pixel and with noise where `rng` is given."""
        width, height = self._camera.size_px
        picture = np.full((height, width), ROOM, np.float32)
        rows, columns = self._bounds(T_camera_from_board)
        picture[rows, columns] = self._board(T_camera_from_board, rows, columns)
        picture = cv2.GaussianBlur(picture, (0, 0), 0.6)
        if rng is not None:
            picture = picture + rng.normal(0, 2.0, picture.shape)
        return np.clip(np.round(picture), 0, 255).astype(np.uint8)

    def _bounds(self, pose: RigidTransform) -> tuple[slice, slice]:
        """Rows and columns where the paper is."""
        height, width = (extent / self._sheet.px_per_m for extent in self._sheet.paper.shape)
        margin = self._sheet.margin_m
        around = np.linspace(0, 1, 9)
        x, y = (a.ravel() for a in np.meshgrid(around * width, around * height))
        uv = self._camera.project(pose.apply(np.stack([x - margin, y - margin, 0 * x], -1)))
        low = np.clip(np.floor(uv.min(0)).astype(int) - 2, 0, None)
        high = np.clip(np.ceil(uv.max(0)).astype(int) + 3, 0, self._camera.size_px)
        return slice(low[1], high[1]), slice(low[0], high[0])

    def _board(self, pose: RigidTransform, rows: slice, columns: slice) -> np.ndarray:
        """What is printed where these pixels' rays meet the board's plane, averaged."""
        k = OVERSAMPLING
        rays = self._rays[k * rows.start : k * rows.stop, k * columns.start : k * columns.stop]
        T_board_from_camera = pose.inverse()
        d = rays @ T_board_from_camera.rotation.T.astype(np.float32)
        origin = T_board_from_camera.translation
        along = -origin[2] / d[..., 2]
        scale, margin = self._sheet.px_per_m, self._sheet.margin_m
        # The paper's pixel k covers k to k + 1.
        x = ((origin[0] + along * d[..., 0] + margin) * scale - 0.5).astype(np.float32)
        y = ((origin[1] + along * d[..., 1] + margin) * scale - 0.5).astype(np.float32)
        fine = cv2.remap(
            self._sheet.paper, x, y, cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=ROOM,
        )  # fmt: skip
        size = (columns.stop - columns.start, rows.stop - rows.start)
        return cv2.resize(fine.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def mirrored_picture(picture: np.ndarray) -> np.ndarray:
    """As in a mirror."""
    return np.ascontiguousarray(picture[:, ::-1])


def mirrored_detection(seen: Detection) -> Detection:
    """As a mirrored picture shows it, the points still told apart."""
    pixels = seen.pixels * [-1, 1] + [seen.size_px[0] - 1, 0]
    return replace(seen, pixels=pixels)
