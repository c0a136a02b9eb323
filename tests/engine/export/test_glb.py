"""A .glb, read by pygltflib and trimesh and played as the specification says."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from engine.export.animated_hand import animated_hand
from engine.export.axes import IMPORTERS, PRESETS, ExportFormat, in_file
from engine.export.glb import write_glb
from engine.export.settings import ExportSettings
from engine.export.take import Take
from engine.hand.keypoints import KEYPOINT_NAMES
from engine.messages import Side
from tests.engine.export.gltf_player import TYPES, WIDTHS, GltfPlayer
from tests.engine.export.takes import CAMERA, FPS, state_at, take

BOTH = (Side.RIGHT, Side.LEFT)
WITHIN_M = 1e-5


def written(folder: Path, made: Take, axes: str = "gltf", fps: float | None = None) -> GltfPlayer:
    target = folder / "hands.glb"
    animated_hands = tuple(animated_hand(made, hand) for hand in made.hands)
    write_glb(made, animated_hands, target, ExportSettings(PRESETS[axes], fps, "HandTune test"))
    return GltfPlayer(target)


@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_skinning_the_file_gives_the_tracked_mesh(tmp_path: Path, axes: str) -> None:
    player = written(tmp_path, take(12, BOTH), axes)
    in_scene = in_file(PRESETS[axes], ExportFormat.GLB)
    for frame in (0, 5, 11):
        for side in BOTH:
            expected = in_scene.points(state_at(frame / FPS, side).vertices)
            found = player.skinned(f"{side}_hand", frame / FPS)
            assert np.abs(found - expected).max() < WITHIN_M


@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_the_hand_arrives_where_the_preset_says(tmp_path: Path, axes: str) -> None:
    """In the program, after its importer has turned what it read; but for Unreal's centimetres."""
    player = written(tmp_path, take(4), axes)
    importer = IMPORTERS[ExportFormat.GLB].get(axes, np.eye(3))
    preset = PRESETS[axes]
    expected = preset.points(state_at(2 / FPS).vertices) / preset.units_per_m
    assert np.abs(player.skinned("right_hand", 2 / FPS) @ importer.T - expected).max() < WITHIN_M


def test_joint_nodes_are_the_tracked_joints(tmp_path: Path) -> None:
    player = written(tmp_path, take(8, BOTH))
    matrices = player.node_matrices(7 / FPS)
    for side in BOTH:
        places = np.array([matrices[player.names[f"{side}_{n}"]][:3, 3] for n in KEYPOINT_NAMES])
        expected = PRESETS["gltf"].points(state_at(7 / FPS, side).joints)
        assert np.abs(places - expected).max() < WITHIN_M


def test_between_frames_the_hand_moves_on(tmp_path: Path) -> None:
    player = written(tmp_path, take(8))
    expected = PRESETS["gltf"].points(state_at(3.5 / FPS).vertices)
    assert np.abs(player.skinned("right_hand", 3.5 / FPS) - expected).max() < 1e-3


def test_trimesh_reads_the_rest_mesh_with_the_persons_shape(tmp_path: Path) -> None:
    made = take(3, BOTH)
    written(tmp_path, made)
    scene = trimesh.load(tmp_path / "hands.glb")
    assert sorted(scene.geometry) == ["left_hand", "right_hand"]
    for hand in made.hands:
        mesh = scene.geometry[f"{hand.side}_hand"]
        points, _ = hand.model.shaped(hand.shape)
        np.testing.assert_allclose(mesh.vertices, PRESETS["gltf"].points(points[:-5]), atol=1e-6)
        assert mesh.volume > 0, "triangles face outwards"
        own = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).vertex_normals
        assert (np.einsum("vi,vi->v", own, mesh.vertex_normals) > 0.7).all()


def visible(player: GltfPlayer, time_s: float) -> bool:
    mesh = player.skinned("right_hand", time_s)
    return bool(np.ptp(mesh, axis=0).max() > 0.05)


def test_a_hand_that_is_not_seen_is_not_shown(tmp_path: Path) -> None:
    unseen = (0, 1, *range(10, 20), 28, 29)
    player = written(tmp_path, take(30, unseen=unseen))
    shown = [visible(player, frame / FPS + 1e-3) for frame in range(30)]
    assert shown == [frame not in unseen for frame in range(30)]


@pytest.mark.parametrize("fps", [None, 45.0])
def test_a_hand_does_not_fly_over_a_gap(tmp_path: Path, fps: float | None) -> None:
    """A frame long it stays where it was last seen; shown again, it is there at once."""
    player = written(tmp_path, take(30, unseen=range(5, 25)), fps=fps)
    for time_s in np.linspace(0, 0.95, 77):
        if visible(player, time_s):
            in_gap = 4 / FPS < time_s < 25 / FPS
            state = state_at(4 / FPS if in_gap else time_s)
            wrist = player.node_matrices(time_s)[player.names["right_wrist"]][:3, 3]
            assert np.linalg.norm(wrist - PRESETS["gltf"].points(state.joints[0])) < 4e-4


def test_a_hand_missed_for_a_moment_stays(tmp_path: Path) -> None:
    player = written(tmp_path, take(12, unseen=(5, 6)))
    assert all(path != "scale" for _, path, *_ in player.channels())
    assert visible(player, 5.5 / FPS)


def test_another_frame_rate(tmp_path: Path) -> None:
    player = written(tmp_path, take(13), fps=10.0)
    times = player.channels()[0][3]
    np.testing.assert_allclose(times, [0, 0.1, 0.2, 0.3, 0.4], atol=1e-6)
    expected = PRESETS["gltf"].points(state_at(0.2).vertices)
    assert np.abs(player.skinned("right_hand", 0.2) - expected).max() < WITHIN_M


@pytest.mark.parametrize("axes", sorted(PRESETS))
def test_the_camera_sees_the_hand_where_the_depth_camera_did(tmp_path: Path, axes: str) -> None:
    player = written(tmp_path, take(3), axes)
    node = player.names["depth_camera"]
    mesh = player.skinned("right_hand", 0.0)
    local = (np.linalg.inv(player.node_matrices(0.0)[node]) @ np.c_[mesh, np.ones(len(mesh))].T).T
    (camera,) = player.gltf.cameras
    half_height = np.tan(camera.perspective.yfov / 2)
    half_width = half_height * camera.perspective.aspectRatio
    seen = np.stack([local[:, 0] / half_width, -local[:, 1] / half_height], -1) / -local[:, 2:3]
    pixels = CAMERA.project(state_at(0.0).vertices)
    expected = (pixels - [CAMERA.cx, CAMERA.cy]) / [CAMERA.width_px / 2, CAMERA.height_px / 2]
    np.testing.assert_allclose(seen, expected, atol=1e-4)


def test_what_the_specification_asks_of_numbers(tmp_path: Path) -> None:
    player = written(tmp_path, take(40, BOTH, unseen=range(10, 20)))
    gltf = player.gltf
    for node, path, interpolation, times, values in player.channels():
        assert (np.diff(times) > 0).all(), "times are strictly increasing"
        assert times[0] >= 0
        assert len(times) == len(values)
        assert interpolation == ("STEP" if path == "scale" else "LINEAR")
        assert 0 <= node < len(gltf.nodes)
        if path == "rotation":
            np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, atol=1e-6)
            assert ((values[1:] * values[:-1]).sum(1) > 0).all(), "the short way round"
    targets = [(node, path) for node, path, *_ in player.channels()]
    assert len(targets) == len(set(targets))
    for mesh in gltf.meshes:
        attributes = mesh.primitives[0].attributes
        weights, joints = player.array(attributes.WEIGHTS_0), player.array(attributes.JOINTS_0)
        np.testing.assert_allclose(weights.sum(1), 1, atol=2e-7)
        assert (weights >= 0).all()
        assert (joints[weights == 0] == 0).all()
        assert joints.max() < len(gltf.skins[0].joints)
        normals = player.array(attributes.NORMAL)
        np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
        indices = player.array(mesh.primitives[0].indices)
        assert indices.max() < len(weights)
    for skin in gltf.skins:
        matrices = player.array(skin.inverseBindMatrices)
        np.testing.assert_array_equal(matrices[:, 3], np.tile([0, 0, 0, 1], (21, 1)))


def test_what_the_specification_asks_of_the_container(tmp_path: Path) -> None:
    player = written(tmp_path, take(7, BOTH))
    data = (tmp_path / "hands.glb").read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    json_length, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON"
    assert json_length % 4 == 0
    binary_length, kind = struct.unpack_from("<I4s", data, 20 + json_length)
    assert kind == b"BIN\0"
    assert 28 + json_length + binary_length == len(data)
    gltf = player.gltf
    assert gltf.buffers[0].byteLength == binary_length
    end = 0
    for view in gltf.bufferViews:
        assert view.byteOffset % 4 == 0
        assert view.byteOffset >= end
        end = view.byteOffset + view.byteLength
    assert end <= binary_length
    for accessor in gltf.accessors:
        size = (
            accessor.count
            * WIDTHS[accessor.type]
            * np.dtype(TYPES[accessor.componentType]).itemsize
        )
        assert size == gltf.bufferViews[accessor.bufferView].byteLength


def bounded(player: GltfPlayer) -> Sequence[int]:
    """Accessors that must say their least and greatest values."""
    positions = [mesh.primitives[0].attributes.POSITION for mesh in player.gltf.meshes]
    return positions + [sampler.input for sampler in player.gltf.animations[0].samplers]


def test_bounds_are_exact(tmp_path: Path) -> None:
    player = written(tmp_path, take(9, BOTH))
    for index in bounded(player):
        accessor, values = player.gltf.accessors[index], player.array(index)
        np.testing.assert_array_equal(np.float32(accessor.min), np.atleast_1d(values.min(0)))
        np.testing.assert_array_equal(np.float32(accessor.max), np.atleast_1d(values.max(0)))


def test_a_shape_that_changes_becomes_one_shape(tmp_path: Path) -> None:
    made = take(10)
    (hand,) = made.hands
    shapes = hand.shapes.copy()
    shapes[:4] += 0.3
    changing = replace(made, hands=(replace(hand, shapes=shapes),))
    animated = animated_hand(changing, changing.hands[0])
    np.testing.assert_allclose(animated.motion.wrist_positions, hand.wrist_positions, atol=1e-12)
    player = written(tmp_path, changing)
    expected = PRESETS["gltf"].points(state_at(2 / FPS).vertices)
    assert np.abs(player.skinned("right_hand", 2 / FPS) - expected).max() < WITHIN_M


def test_a_take_of_a_single_frame(tmp_path: Path) -> None:
    player = written(tmp_path, take(1))
    expected = PRESETS["gltf"].points(state_at(0.0).vertices)
    assert np.abs(player.skinned("right_hand", 0.0) - expected).max() < WITHIN_M


def test_the_file_says_where_it_comes_from(tmp_path: Path) -> None:
    asset = written(tmp_path, take(3), "unity").gltf.asset
    assert asset.generator == "HandTune test"
    assert asset.extras["source"] == "made-up"
    assert asset.extras["axes"] == "unity"
