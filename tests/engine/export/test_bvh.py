"""A .bvh, read and posed by pybvh."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pybvh
import pytest

from engine.atomic_file import OutputError
from engine.export import bvh
from engine.export.animated_hand import AnimatedHand, animated_hand
from engine.export.axes import PRESETS, ExportFormat, in_file
from engine.export.bvh import write_bvh
from engine.export.settings import ExportSettings
from engine.export.take import Take
from engine.hand.keypoints import BONES, JOINT_NAMES
from engine.messages import Side
from tests.engine.export.takes import FPS, state_at, take

WITHIN_M = 1e-4


def written(folder: Path, made: Take, axes: str = "gltf", fps: float | None = None) -> pybvh.Bvh:
    target = folder / "hand.bvh"
    animated = animated_hand(made, made.hands[0])
    write_bvh(made, {target: animated}, ExportSettings(PRESETS[axes], fps))
    return pybvh.read_bvh_file(str(target))


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_posing_the_file_gives_the_tracked_joints(tmp_path: Path, axes: str, side: Side) -> None:
    preset = in_file(PRESETS[axes], ExportFormat.BVH)
    places = written(tmp_path, take(15, (side,)), axes).node_positions()
    expected = preset.points(np.array([state_at(k / FPS, side).joints for k in range(15)]))
    assert places.shape == expected.shape, "the file's order is that of the 21 joints"
    assert np.abs(places - expected).max() / preset.units_per_m < WITHIN_M


def test_the_hierarchy_is_a_hand(tmp_path: Path) -> None:
    bvh = written(tmp_path, take(2))
    assert bvh.joint_names == [f"right_{name}" for name in JOINT_NAMES]
    assert len(bvh.nodes) == 21
    assert set(bvh.euler_orders) == {"ZXY"}


def test_bones_are_the_persons_own(tmp_path: Path) -> None:
    made = take(2)
    places = written(tmp_path, made).node_positions()
    own = made.hands[0].model.rest_keypoints(made.hands[0].shape)
    for parent, child in BONES:
        found = np.linalg.norm(places[:, child] - places[:, parent], axis=1)
        np.testing.assert_allclose(found, np.linalg.norm(own[child] - own[parent]), atol=1e-5)


def test_frame_time_is_the_usual_rate_or_the_asked_one(tmp_path: Path) -> None:
    assert written(tmp_path, take(10)).frame_time == pytest.approx(1 / 30)
    faster = written(tmp_path, take(10), fps=120.0)
    assert faster.frame_time == pytest.approx(1 / 120)
    assert faster.frame_count == 9 * 4 + 1
    expected = PRESETS["gltf"].points(state_at(8 / FPS).joints)
    assert np.abs(faster.node_positions()[32] - expected).max() < WITHIN_M


def test_a_gap_holds_the_last_pose(tmp_path: Path) -> None:
    places = written(tmp_path, take(30, unseen=range(10, 20))).node_positions()
    assert len(places) == 30
    np.testing.assert_allclose(places[10:20], np.tile(places[9], (10, 1, 1)), atol=1e-5)
    expected = PRESETS["gltf"].points(state_at(20 / FPS).joints)
    assert np.abs(places[20] - expected).max() < WITHIN_M


def test_angles_do_not_jump(tmp_path: Path) -> None:
    written(tmp_path, take(90))
    lines = (tmp_path / "hand.bvh").read_text().split("Frame Time:")[1].splitlines()[1:]
    rows = np.array([[float(word) for word in line.split()] for line in lines])
    assert rows.shape == (90, 6 + 15 * 3)
    assert np.abs(np.diff(rows[:, 3:], axis=0)).max() < 90


def test_the_record_beside_it_says_axes_and_gaps(tmp_path: Path) -> None:
    written(tmp_path, take(30, unseen=range(10, 20)), "unreal")
    record = json.loads((tmp_path / "hand.bvh.json").read_text())
    assert record["axes"] == "unreal"
    assert record["unit"] == "cm"
    assert record["file_from_opencv"] == [[0, 0, 1], [1, 0, 0], [0, -1, 0]]
    (hand,) = record["hands"]
    assert hand["frames_seen"] == 20
    np.testing.assert_allclose(hand["seen_from_to_s"], [[0, 10 / FPS], [20 / FPS, 29 / FPS]])


def test_two_hands_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = take(3, (Side.RIGHT, Side.LEFT))
    right, left = (animated_hand(made, hand) for hand in made.hands)
    files = {tmp_path / "right.bvh": right, tmp_path / "left.bvh": left}
    whole = bvh.bvh_text

    def full_at_the_second(made: Take, hand: AnimatedHand, settings: ExportSettings) -> str:
        if hand is left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(made, hand, settings)

    monkeypatch.setattr(bvh, "bvh_text", full_at_the_second)
    with pytest.raises(OutputError, match="disk is full"):
        write_bvh(made, files, ExportSettings(PRESETS["gltf"]))
    assert list(tmp_path.iterdir()) == []
