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
from tests.fakes.recordings import NYU_JOINT_NAMES, write_nyu

MAPPED = {"pinky_tip": 0, "pinky_dip": 1, "pinky_pip": 3, "pinky_mcp": 5, "ring_tip": 6}
MAPPED |= {"middle_tip": 12, "index_tip": 18, "index_mcp": 23}
MAPPED |= {"thumb_tip": 24, "thumb_ip": 25, "thumb_mcp": 27, "thumb_cmc": 29}


def test_depth_is_unpacked_from_green_and_blue(tmp_path: Path) -> None:
    with open_camera(f"nyu:{write_nyu(tmp_path / 'test')}") as camera:
        depth = camera.read().depth_m
    assert depth[:100].max() == 0.0
    assert depth[100:200] == pytest.approx(0.3)
    assert depth[200:] == pytest.approx(1.0)


def test_joints_land_on_their_keypoints_in_opencv_axes(tmp_path: Path) -> None:
    assert len(NYU_JOINT_NAMES) == 36
    with open_camera(f"nyu:{write_nyu(tmp_path / 'test')}") as camera:
        assert camera.info.frame_count == 2
        camera.read()
        (truth,) = camera.read().truth
    for name, joint in MAPPED.items():
        expected_mm = (joint, -2 * joint, 601)
        assert 1000 * truth.joints[KEYPOINT_NAMES.index(name)] == pytest.approx(expected_mm)
    assert 1000 * truth.joints[0] == pytest.approx((30.5, -61, 601))  # Between PALM_1 and PALM_2.
    assert np.isfinite(truth.joints).all()


def test_every_fault_gets_one_sentence(tmp_path: Path) -> None:
    folder = write_nyu(tmp_path / "test")
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
