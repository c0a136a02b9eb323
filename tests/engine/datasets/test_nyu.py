"""NYU: exact values from a tiny folder in the published format."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from engine.capture.sources import open_camera
from engine.errors import SourceError
from engine.hand.keypoints import KEYPOINT_NAMES

BONES = [f"{k}_{b}_{e}" for k in ("F1", "F2", "F3", "F4", "TH") for b in ("KNU3", "KNU2", "KNU1")
         for e in "AB"]  # fmt: skip
JOINT_NAMES = BONES + [f"PALM_{k}" for k in range(1, 7)]
MAPPED = {"pinky_tip": 0, "pinky_dip": 1, "pinky_pip": 3, "pinky_mcp": 5, "ring_tip": 6}
MAPPED |= {"middle_tip": 12, "index_tip": 18, "index_mcp": 23}
MAPPED |= {"thumb_tip": 24, "thumb_ip": 25, "thumb_mcp": 27, "thumb_cmc": 29}


def write_split(folder: Path, frames: int = 2) -> Path:
    """Joint j of view 1, frame k at (j, 2 j, 600 + k) mm; depth rows of 0, 300 and 1000 mm."""
    folder.mkdir(exist_ok=True)
    xyz = np.zeros((3, frames, 36, 3))
    xyz[0, :, :, 0] = np.arange(36)
    xyz[0, :, :, 1] = 2 * np.arange(36)
    xyz[0, :, :, 2] = 600 + np.arange(frames)[:, None]
    xyz[1:] = -1e6  # The other views must not be taken.
    names = np.array([JOINT_NAMES], dtype=object)
    savemat(folder / "joint_data.mat", {"joint_names": names, "joint_xyz": xyz})
    depth_mm = np.zeros((480, 640), np.uint16)
    depth_mm[100:200], depth_mm[200:] = 300, 1000
    bgr = np.stack([depth_mm & 255, depth_mm >> 8, np.zeros_like(depth_mm)], -1).astype(np.uint8)
    for k in range(frames):
        assert cv2.imwrite(str(folder / f"depth_1_{k + 1:07d}.png"), bgr)
    return folder


def test_depth_is_unpacked_from_green_and_blue(tmp_path: Path) -> None:
    with open_camera(f"nyu:{write_split(tmp_path / 'test')}") as camera:
        depth = camera.read().depth_m
    assert depth[:100].max() == 0.0
    assert depth[100:200] == pytest.approx(0.3)
    assert depth[200:] == pytest.approx(1.0)


def test_joints_land_on_their_keypoints_in_opencv_axes(tmp_path: Path) -> None:
    assert len(JOINT_NAMES) == 36
    with open_camera(f"nyu:{write_split(tmp_path / 'test')}") as camera:
        assert camera.info.frame_count == 2
        camera.read()
        (truth,) = camera.read().truth
    for name, joint in MAPPED.items():
        expected_mm = (joint, -2 * joint, 601)
        assert 1000 * truth.joints[KEYPOINT_NAMES.index(name)] == pytest.approx(expected_mm)
    assert 1000 * truth.joints[0] == pytest.approx((30.5, -61, 601))  # Between PALM_1 and PALM_2.
    assert np.isfinite(truth.joints).all()


def test_every_fault_gets_one_sentence(tmp_path: Path) -> None:
    folder = write_split(tmp_path / "test")
    raw = np.ones((480, 640), np.uint16)
    assert cv2.imwrite(str(folder / "depth_1_0000001.png"), raw)
    with pytest.raises(SourceError, match="expected a depth PNG in 8-bit RGB, found 16-bit grey"):
        open_camera(f"nyu:{folder}")
    savemat(folder / "joint_data.mat", {"joint_names": np.array(["a"], object)})
    with pytest.raises(SourceError, match="expected the NYU labels"):
        open_camera(f"nyu:{folder}")
    (folder / "joint_data.mat").write_bytes(b"no matlab file")
    with pytest.raises(SourceError, match="cannot be read as a MATLAB file"):
        open_camera(f"nyu:{folder}")
    (folder / "joint_data.mat").unlink()
    with pytest.raises(SourceError, match="is missing"):
        open_camera(f"nyu:{folder}")
