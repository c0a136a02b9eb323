"""CVAR: exact values from a tiny sequence in the published format, and the real one if there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.capture.sources import open_camera
from engine.errors import EndOfStream, SourceError
from engine.hand.keypoints import KEYPOINT_NAMES
from engine.messages import Side
from tests.fakes.recordings import write_cvar
from tests.shared_data import shared_folder


def test_depth_is_metric_and_both_no_data_values_are_zero(tmp_path: Path) -> None:
    with open_camera(f"cvar:{write_cvar(tmp_path / 'P0')}") as camera:
        depth = camera.read().depth_m
    assert depth[:100].max() == 0.0
    assert depth[200:].max() == 0.0
    assert depth[100:200] == pytest.approx(0.4)


def test_joints_land_on_their_keypoints(tmp_path: Path) -> None:
    with open_camera(f"cvar:{write_cvar(tmp_path / 'P0')}") as camera:
        frames = [camera.read(), camera.read()]
        with pytest.raises(EndOfStream):
            camera.read()
    (truth,) = frames[1].truth
    assert truth.side is Side.RIGHT
    assert np.isnan(truth.joints[0]).all()  # Joint 0 is a palm root, not the wrist.
    pixels = frames[1].camera.project(truth.joints[1:])
    source_joint = {"index_mcp": 1, "middle_tip": 8, "ring_pip": 10, "pinky_dip": 15}
    source_joint |= {"thumb_cmc": 17, "thumb_tip": 20}
    for name, joint in source_joint.items():
        assert pixels[KEYPOINT_NAMES.index(name) - 1] == pytest.approx((100 + joint, 51))
    assert truth.joints[1:, 2] == pytest.approx(0.4)
    assert sorted(pixels[:, 0]) == pytest.approx(range(101, 121))  # Each joint exactly once.


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda f: (f / "joint.txt").unlink(), "joint.txt is missing"),
        (lambda f: (f / "joint.txt").write_text(""), "must be the number of frames, found ''"),
        (lambda f: (f / "joint.txt").write_text("3\na 1 2\n"), "says 3 frames, found 1 lines"),
        (lambda f: (f / "joint.txt").write_text("1\na 1 2\n"), "line 2: expected 63 numbers"),
        (
            lambda f: (f / "joint.txt").write_text("1\na " + "x " * 63 + "\n"),
            "line 2: expected 63 numbers",
        ),
        (lambda f: (f / "000000_depth.png").unlink(), "000000_depth.png: cannot be read"),
    ],
)
def test_every_fault_gets_one_sentence(tmp_path: Path, spoil, expected: str) -> None:
    folder = write_cvar(tmp_path / "P0")
    spoil(folder)
    with pytest.raises(SourceError, match=expected) as error:
        open_camera(f"cvar:{folder}")
    assert "\n" not in str(error.value)


def test_missing_folder_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected a folder with joint\.txt"):
        open_camera(f"cvar:{tmp_path / 'none'}")


def test_real_labels_lie_on_the_real_hand() -> None:
    with open_camera(f"cvar:{shared_folder('data', 'cvar_p4')}") as camera:
        assert camera.info.frame_count == 381
        distances_mm = []
        for _ in range(20):
            frame = camera.read()
            joints = frame.truth[0].joints[1:]
            u, v = np.rint(frame.camera.project(joints)).astype(int).T
            surface = frame.depth_m[v, u]
            seen = surface > 0
            distances_mm.extend(1000 * np.abs(joints[seen, 2] - surface[seen]))
    # Joints lie within a finger of the surface that is seen at their pixel.
    assert np.median(distances_mm) < 15
