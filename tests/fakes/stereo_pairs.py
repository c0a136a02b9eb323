"""Pairs of pictures of a textured wall, with the rig that took them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.distorted_camera import DistortedCamera
from calibration.rig import StereoRig
from calibration.storage import to_toml
from calibration.stored_rig import StoredRig
from calibration.transforms import RigidTransform

WIDTH, HEIGHT, FOCAL_PX = 160, 120, 140.0
BASELINE_M = 0.08


def straight_rig(
    width: int = WIDTH,
    height: int = HEIGHT,
    focal_px: float = FOCAL_PX,
    baseline_m: float = BASELINE_M,
) -> StereoRig:
    """Two pinholes side by side: rectified already."""
    pinhole = PinholeCamera(width, height, focal_px, focal_px, (width - 1) / 2, (height - 1) / 2)
    camera = DistortedCamera(pinhole)
    return StereoRig(camera, camera, RigidTransform(np.eye(3), np.array([-baseline_m, 0.0, 0.0])))


def wall_pair(
    disparity_px: float, width: int = WIDTH, height: int = HEIGHT, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """RGB pictures [H, W, 3] of a wall across the line of sight."""
    return plane_pair(disparity_px, 0.0, width, height, seed)


def plane_pair(
    disparity_px: float, slope: float, width: int = WIDTH, height: int = HEIGHT, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The same of a plane whose disparity is `disparity_px + slope * u` in the left picture."""
    fine = 4
    wide = (width + 400) * fine
    texture = np.random.default_rng(seed).standard_normal((height, wide)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 1.2 * fine, sigmaY=1.2)
    texture = 120 + 38 * texture / texture.std()
    u = np.arange(width, dtype=np.float64)
    left = _sampled(texture, (u + 200) * fine)
    # u_right = u - disparity_px - slope * u, so u = (u_right + disparity_px) / (1 - slope).
    right = _sampled(texture, ((u + disparity_px) / (1 - slope) + 200) * fine)
    noise = np.random.default_rng(seed + 1)
    pair = [side + noise.normal(0, 1.0, side.shape) for side in (left, right)]
    left, right = (np.clip(side, 0, 255).round().astype(np.uint8) for side in pair)
    return np.repeat(left[..., None], 3, -1), np.repeat(right[..., None], 3, -1)


def _sampled(texture: np.ndarray, at: np.ndarray) -> np.ndarray:
    columns = np.arange(texture.shape[1])
    return np.stack([np.interp(at, columns, row) for row in texture])


def write_rig(path: Path, rig: StereoRig | None = None) -> Path:
    """A rig file at `path`."""
    path.write_text(to_toml(StoredRig(rig or straight_rig())), encoding="utf-8")
    return path


def write_pictures(folder: Path, count: int = 3) -> str:
    """Two folders of pictures and a rig file; the URI's part behind `images:`."""
    for name in ("left", "right"):
        (folder / name).mkdir()
    for k in range(count):
        left, right = wall_pair(20.0 + k, seed=k)
        cv2.imwrite(str(folder / "left" / f"{k:03}.png"), left[..., ::-1])
        cv2.imwrite(str(folder / "right" / f"{k:03}.png"), right[..., ::-1])
    rig = write_rig(folder / "rig.toml")
    return f"{folder / 'left'},{folder / 'right'}?rig={rig}"


def write_videos(folder: Path, count: int = 3, left_fps: float = 30.0) -> str:
    """Two videos and a rig file; the URI's part behind `video:`."""
    four = cv2.VideoWriter.fourcc(*"MJPG")
    for side, name in enumerate(("left", "right")):
        writer = cv2.VideoWriter(
            str(folder / f"{name}.avi"), four, (left_fps, 30.0)[side], (WIDTH, HEIGHT)
        )
        for k in range(count):
            writer.write(np.ascontiguousarray(wall_pair(20.0, seed=k)[side][..., ::-1]))
        writer.release()
    rig = write_rig(folder / "rig.toml")
    return f"{folder / 'left.avi'},{folder / 'right.avi'}?rig={rig}"
