"""Solids are closed and of the size that was asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine.render.body import Arm, Build, arm_mesh, head_meshes, legs_mesh, stump_mesh, torso_mesh
from engine.render.mesh import Mesh, box, capsule, ellipsoid, merged, tube

X, Y, Z = np.eye(3)
RNG = np.random.default_rng(0)
ARM = Arm(np.zeros(3), np.array([0, 0, 0.3]), np.array([0.2, 0, 0.4]), np.eye(3))

SOLIDS = {
    "box": box(Z, np.eye(3), np.array([0.1, 0.2, 0.3])),
    "ellipsoid": ellipsoid(Z, np.eye(3), np.array([0.1, 0.2, 0.3])),
    "capsule": capsule(Z, Z + X, 0.1, 0.05),
    "tube": tube(np.stack([Z, 2 * Z]), np.full(2, 0.1), np.full(2, 0.2), X, Y),
    "arm": arm_mesh(Build(), ARM),
    "stump": stump_mesh(Build(), ARM),
    "head": head_meshes(RNG, Build())[0],
    "torso": torso_mesh(RNG, Build()),
    "legs": legs_mesh(RNG, Build(), seated=True),
}


@pytest.mark.parametrize("name", SOLIDS)
def test_every_edge_belongs_to_two_triangles(name: str) -> None:
    faces = SOLIDS[name].faces
    edges = Counter(
        tuple(sorted((int(face[k]), int(face[(k + 1) % 3])))) for face in faces for k in range(3)
    )
    assert set(edges.values()) == {2}


def test_box_spans_its_half_sizes() -> None:
    vertices = SOLIDS["box"].vertices
    np.testing.assert_allclose(np.ptp(vertices, axis=0), [0.2, 0.4, 0.6])
    np.testing.assert_allclose(vertices.mean(0), Z, atol=1e-12)


def test_moving_turns_and_then_shifts() -> None:
    quarter_turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    moved = Mesh(X[None], np.zeros((0, 3), np.int32)).moved(quarter_turn, Z)
    np.testing.assert_allclose(moved.vertices, [[0, 1, 1]])


def test_merged_keeps_triangles() -> None:
    both = merged([SOLIDS["box"], SOLIDS["capsule"]])
    second = SOLIDS["capsule"]
    tail = both.faces[-len(second.faces) :]
    np.testing.assert_allclose(both.vertices[tail], second.vertices[second.faces])
