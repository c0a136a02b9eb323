"""One change of basis for everything, in every preset."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.transforms import (
    quaternion_from_rotation,
    rotation_from_axis_angle,
    rotation_from_quaternion,
)
from engine.export.animated_hand import posed_keypoints, rest_hand
from engine.export.axes import IMPORTERS, PRESETS, ExportFormat, in_file
from engine.hand.skinning import forward_kinematics
from tests.engine.export.takes import model, take

NAMES = st.sampled_from(sorted(PRESETS))
VECTORS = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(np.array)


def test_axes_point_where_the_words_say() -> None:
    directions = {
        "right": [1, 0, 0],
        "left": [-1, 0, 0],
        "up": [0, -1, 0],
        "down": [0, 1, 0],
        "away": [0, 0, 1],
        "towards": [0, 0, -1],
    }
    for axes in PRESETS.values():
        words = axes.words.split(", ")
        for row, phrase in zip(axes.basis, words, strict=False):
            _, direction, *_ = phrase.split()
            np.testing.assert_array_equal(row, directions[direction], err_msg=axes.name)
        assert ("left-handed" in words) == axes.left_handed
        assert ("centimetres" in words) == (axes.units_per_m == 100)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_basis_is_orthonormal(name: str) -> None:
    basis = PRESETS[name].basis
    np.testing.assert_array_equal(basis @ basis.T, np.eye(3))


@given(NAMES, VECTORS, VECTORS, VECTORS)
def test_posing_then_changing_is_changing_then_posing(
    name: str, turn: np.ndarray, shift: np.ndarray, point: np.ndarray
) -> None:
    axes = PRESETS[name]
    R = rotation_from_axis_angle(turn)
    changed = axes.rotations(R) @ axes.points(point) + axes.points(shift)
    np.testing.assert_allclose(changed, axes.points(R @ point + shift), atol=1e-9)


@given(NAMES, VECTORS, VECTORS)
def test_rotations_stay_proper_and_compose(name: str, a: np.ndarray, b: np.ndarray) -> None:
    axes = PRESETS[name]
    R, S = rotation_from_axis_angle(a), rotation_from_axis_angle(b)
    assert np.linalg.det(axes.rotations(R)) == pytest.approx(1)
    np.testing.assert_allclose(
        axes.rotations(R @ S), axes.rotations(R) @ axes.rotations(S), atol=1e-12
    )
    quaternion = quaternion_from_rotation(axes.rotations(R))
    np.testing.assert_allclose(rotation_from_quaternion(quaternion), axes.rotations(R), atol=1e-9)


@given(NAMES, VECTORS, VECTORS)
def test_lengths_are_kept_up_to_the_unit(name: str, a: np.ndarray, b: np.ndarray) -> None:
    axes = PRESETS[name]
    distance = np.linalg.norm(axes.points(a) - axes.points(b))
    assert distance == pytest.approx(axes.units_per_m * np.linalg.norm(a - b), abs=1e-9)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_triangles_keep_their_outside(name: str) -> None:
    axes = PRESETS[name]
    points = axes.points(model().points[:-5])
    a, b, c = (points[axes.faces(model().faces)[:, k]] for k in range(3))
    volume = np.einsum("fi,fi->f", a, np.cross(b, c)).sum() / 6
    own = model().points[:-5]
    u, v, w = (own[model().faces[:, k]] for k in range(3))
    expected = np.einsum("fi,fi->f", u, np.cross(v, w)).sum() / 6 * axes.units_per_m**3
    assert volume == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_kinematics_in_other_axes_give_the_same_hand(name: str) -> None:
    axes = PRESETS[name]
    (hand,) = take(3).hands
    _, rest = hand.model.shaped(hand.shape)
    rotations, wrist = axes.rotations(hand.rotations[2]), axes.points(hand.wrist_positions[2])
    _, joints = forward_kinematics(axes.points(rest), rotations, wrist)
    own = [k for k in range(21) if k not in (4, 8, 12, 16, 20)]
    np.testing.assert_allclose(joints, axes.points(hand.joints[2, own]), atol=1e-9)


@pytest.mark.parametrize("export_format", [ExportFormat.GLB, ExportFormat.BVH])
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_importers_undo_what_the_file_has(name: str, export_format: ExportFormat) -> None:
    preset = PRESETS[name]
    written = in_file(preset, export_format)
    importer = IMPORTERS[export_format].get(name, np.eye(3))
    np.testing.assert_array_equal(importer @ written.basis, preset.basis)
    if export_format is ExportFormat.GLB:
        assert not written.left_handed, "glTF is right-handed"
        assert written.units_per_m == 1, "glTF has metres"


@pytest.mark.parametrize("name", ["gltf", "blender", "unity", "unreal"])
def test_a_glb_has_y_up_for_programs_that_expect_it(name: str) -> None:
    np.testing.assert_array_equal(in_file(PRESETS[name], ExportFormat.GLB).basis[1], [0, -1, 0])


def test_posed_keypoints_are_the_models_own() -> None:
    (hand,) = take(5).hands
    keypoints = posed_keypoints(rest_hand(hand), hand.rotations, hand.wrist_positions)
    np.testing.assert_allclose(keypoints, hand.joints, atol=1e-12)
