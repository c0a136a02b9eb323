"""A .csv, read by pandas."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from engine.export.axes import PRESETS
from engine.export.csv_table import write_csv
from engine.export.settings import ExportSettings
from engine.export.take import Take
from engine.hand.articulation import ANGLE_NAMES, joint_rotations
from engine.hand.keypoints import JOINT_NAMES, JOINT_PARENTS, KEYPOINT_NAMES
from engine.messages import Side
from tests.engine.export.takes import FPS, model, state_at, take

BOTH = (Side.RIGHT, Side.LEFT)


def written(folder: Path, made: Take, axes: str = "opencv") -> pd.DataFrame:
    target = folder / "hands.csv"
    write_csv(made, target, ExportSettings(PRESETS[axes]))
    assert json.loads((folder / "hands.csv.json").read_text())["axes"] == axes
    return pd.read_csv(target)


def rotations(row: pd.Series, joint: str, frame: str) -> np.ndarray:
    return Rotation.from_quat([row[f"{joint}_{frame}_q{p}"] for p in "xyzw"]).as_matrix()


def test_one_row_a_hand_and_frame(tmp_path: Path) -> None:
    table = written(tmp_path, take(6, BOTH, unseen=(2,)))
    assert table["frame"].tolist() == [f for f in (100, 101, 103, 104, 105) for _ in BOTH]
    assert table["hand"].tolist() == ["right", "left"] * 5
    assert table["side"].tolist() == ["right", "left"] * 5
    np.testing.assert_allclose(table["time_s"], (table["frame"] - 100) / FPS, atol=1e-6)
    assert table["hand_id"].tolist() == [0, 1, 0, 1, 10, 11, 10, 11, 10, 11]
    assert not table.isna().any().any()


@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_numbers_are_the_tracked_ones(tmp_path: Path, axes: str) -> None:
    preset = PRESETS[axes]
    row = written(tmp_path, take(5), axes).iloc[4]
    state = state_at(4 / FPS)
    unit = "cm" if axes == "unreal" else "m"
    places = [[row[f"{name}_{axis}_{unit}"] for axis in "xyz"] for name in KEYPOINT_NAMES]
    np.testing.assert_allclose(places, preset.points(state.joints), atol=1e-6)
    np.testing.assert_allclose([row[f"{n}_rad"] for n in ANGLE_NAMES], state.angles, atol=1e-8)
    confidence = [row[f"{name}_confidence"] for name in KEYPOINT_NAMES]
    np.testing.assert_allclose(confidence, state.confidence)
    assert row["presence"] == pytest.approx(state.presence)
    assert row["residual_m"] == pytest.approx(state.residual_m)
    np.testing.assert_allclose([row[f"shape_{k}"] for k in range(10)], state.shape)


@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_local_quaternions_multiply_to_the_global_ones(tmp_path: Path, axes: str) -> None:
    row = written(tmp_path, take(3), axes).iloc[2]
    made: list[np.ndarray] = []
    for joint, parent in zip(JOINT_NAMES, JOINT_PARENTS, strict=True):
        local = rotations(row, joint, "local")
        made.append(local if parent < 0 else made[parent] @ local)
        np.testing.assert_allclose(made[-1], rotations(row, joint, "global"), atol=1e-7)
    wrist = PRESETS[axes].rotations(state_at(2 / FPS).wrist_rotation)
    np.testing.assert_allclose(made[0], wrist, atol=1e-7)


def test_local_quaternions_are_the_angles(tmp_path: Path) -> None:
    row = written(tmp_path, take(3)).iloc[2]
    expected = joint_rotations(model().axes, state_at(2 / FPS).angles)
    for index, joint in list(enumerate(JOINT_NAMES))[1:]:
        np.testing.assert_allclose(rotations(row, joint, "local"), expected[index], atol=1e-7)


def test_quaternions_keep_their_sign(tmp_path: Path) -> None:
    table = written(tmp_path, take(90))
    columns = [f"wrist_global_q{p}" for p in "xyzw"]
    assert np.abs(np.diff(table[columns].to_numpy(), axis=0)).max() < 0.2
    assert (table["wrist_global_qw"] < 0).any(), "it turns more than once around"
