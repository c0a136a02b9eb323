"""The shipped hand is a sound mesh with sound weights, and mirrors exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import WeightsError
from engine.hand.model import DEFAULT_PATH, SHAPE_COUNT, HandModel, load_hand_model
from engine.hand.skinning import pose_hand
from engine.inference.depth_view import mirror_pose
from engine.messages import Side
from engine.weights_manifest import verified_weights
from tests.engine.hand.random_poses import random_pose

MODEL = load_hand_model()
FLIP = np.array([-1.0, 1.0, 1.0])
BOTH = pytest.mark.parametrize("model", [MODEL, MODEL.mirrored()], ids=["right", "left"])


def _volume_m3(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@BOTH
def test_the_surface_is_closed_and_its_faces_look_outwards(model: HandModel) -> None:
    faces = model.faces
    assert faces.min() == 0
    assert faces.max() == model.vertex_count - 1
    edges = np.concatenate([faces[:, [k, (k + 1) % 3]] for k in range(3)])
    directed = {(int(a), int(b)) for a, b in edges}
    assert len(directed) == len(edges), "no edge is walked twice in one direction"
    assert all((b, a) in directed for a, b in directed), "each edge has a face on both sides"
    volume = _volume_m3(model.points[:-5], faces)
    assert 200e-6 < volume < 500e-6, "an adult's hand displaces about a third of a litre"


@pytest.mark.parametrize("coefficient", range(SHAPE_COUNT))
@pytest.mark.parametrize("sigma", [-2.0, 2.0])
def test_every_shape_leaves_the_surface_whole(coefficient: int, sigma: float) -> None:
    shape = np.zeros(SHAPE_COUNT)
    shape[coefficient] = sigma
    points, joints = MODEL.shaped(shape)
    assert 0.5 < _volume_m3(points[:-5], MODEL.faces) / _volume_m3(MODEL.points, MODEL.faces) < 1.7
    assert np.abs(points - MODEL.points).max() > 0.001, "two sigma are visible"
    np.testing.assert_allclose(joints[0], 0.0, atol=1e-9)


def test_skin_weights_are_shares() -> None:
    assert (MODEL.weights >= 0).all()
    np.testing.assert_allclose(MODEL.weights.sum(1), 1.0, atol=1e-6)
    assert (MODEL.weights[:-5].max(0) > 0.5).all(), "every joint carries some skin"
    carriers = MODEL.weights[-5:].argmax(1)
    np.testing.assert_array_equal(carriers, [3, 6, 9, 12, 15])
    np.testing.assert_array_equal(MODEL.weights[-5:].max(1), 1.0)


@BOTH
def test_joints_and_tips_lie_within_the_skin(model: HandModel) -> None:
    vertices, inner = model.points[:-5], np.concatenate([model.joints, model.points[-5:]])
    assert (inner > vertices.min(0)).all()
    assert (inner < vertices.max(0)).all()
    nearest = np.linalg.norm(inner[:, None] - vertices, axis=-1).min(1)
    assert (nearest < 0.025).all()


def test_the_hand_frame_is_as_documented() -> None:
    keypoints = MODEL.rest_keypoints()
    np.testing.assert_array_equal(keypoints[0], 0.0)
    assert keypoints[17, 0] > keypoints[5, 0] + 0.03, "x towards the little finger"
    assert 0.15 < keypoints[12, 1] < 0.20, "y towards the fingers; an adult's length"
    assert keypoints[4, 2] < -0.02, "z out of the back: the thumb lies on the palm's side"


def test_the_first_coefficient_scales_about_the_wrist() -> None:
    shape = np.zeros(SHAPE_COUNT)
    shape[0] = 1.5
    points, joints = MODEL.shaped(shape)
    factor = joints[9, 1] / MODEL.joints[9, 1]
    assert 1.05 < factor < 1.3
    np.testing.assert_allclose(points, factor * MODEL.points, atol=1e-7)
    np.testing.assert_allclose(joints, factor * MODEL.joints, atol=1e-7)


def test_finger_coefficients_change_their_own_finger_only() -> None:
    rest = MODEL.rest_keypoints()
    bones = np.linalg.norm(np.diff(rest[1:].reshape(5, 4, 3), axis=1), axis=-1).sum(1)
    for finger in range(5):
        shape = np.zeros(SHAPE_COUNT)
        shape[1 + finger] = 1.0
        longer = MODEL.rest_keypoints(shape)[1:].reshape(5, 4, 3)
        growth = np.linalg.norm(np.diff(longer, axis=1), axis=-1).sum(1) / bones - 1
        assert growth[finger] > 0.02
        assert np.abs(np.delete(growth, finger)).max() < 1e-6


def test_the_other_hand_is_the_mirror_image() -> None:
    left = MODEL.mirrored()
    assert left.side is Side.LEFT
    np.testing.assert_array_equal(left.points, MODEL.points * FLIP)
    np.testing.assert_array_equal(left.rest_keypoints(), MODEL.rest_keypoints() * FLIP)
    again = left.mirrored()
    assert again.side is Side.RIGHT
    for name in ("points", "faces", "weights", "joints", "shape_points", "shape_joints", "axes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(MODEL, name))


@pytest.mark.parametrize("seed", range(5))
def test_a_mirrored_pose_gives_mirrored_vertices(seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed))
    right = pose_hand(MODEL, pose)
    left = pose_hand(MODEL.mirrored(), mirror_pose(pose, Side.LEFT))
    np.testing.assert_allclose(left.vertices, right.vertices * FLIP, atol=1e-12)
    np.testing.assert_allclose(left.keypoints, right.keypoints * FLIP, atol=1e-12)


def test_arrays_cannot_be_written() -> None:
    for name in ("points", "faces", "weights", "joints", "shape_points", "shape_joints", "axes"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(MODEL, name)[0] = 0


def test_the_shipped_file_is_the_one_in_the_manifest() -> None:
    assert verified_weights(DEFAULT_PATH.name) == DEFAULT_PATH


def test_a_missing_file_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"expected .*nothing\.npz, found nothing; restore"):
        load_hand_model(tmp_path / "nothing.npz")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_damaged_file_gets_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hand.npz"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"hand\.npz cannot be read"):
        load_hand_model(path)


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "one array"])
def test_a_damaged_copy_gets_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "hand.npz"
    content = bytearray(DEFAULT_PATH.read_bytes())
    if damage == "one array":
        with path.open("wb") as file:
            np.save(file, MODEL.points)
    else:
        content[500:600] = b"?" * 100
        path.write_bytes(content if damage == "overwritten" else content[:-1000])
    with pytest.raises(WeightsError, match=r"hand\.npz cannot be read"):
        load_hand_model(path)


def test_a_file_of_something_else_names_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "hand.npz"
    np.savez(path, points=np.zeros((5, 3)), faces=np.zeros((1, 3), int))
    with pytest.raises(WeightsError, match="missing weights, joints, shape_points, shape_joints"):
        load_hand_model(path)


def test_a_file_with_pickled_objects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hand.npz"
    np.savez(path, points=np.array([{}], dtype=object))
    with pytest.raises(WeightsError, match="cannot be read"):
        load_hand_model(path)
