"""The compiled search against the exact distance (Open3D)."""

from __future__ import annotations

import numpy as np
import open3d as o3d

from engine.hand.model import load_hand_model
from engine.inference.fitting.kernels.surface import surface_of
from engine.losses.surface_search import ANY_PART, nearest_surface, search_mesh

MODEL = load_hand_model()
VERTICES = np.ascontiguousarray(MODEL.points[None, : MODEL.vertex_count])
BONE = np.argmax(MODEL.weights[: MODEL.vertex_count], axis=1).astype(np.int64) - 1
SURFACE = surface_of(MODEL)
MESH = search_mesh(SURFACE.faces, SURFACE.ring_start, SURFACE.ring_face, BONE, 15)


def _search(points: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances [M] and corners [M, 3]."""
    corners, shares = np.zeros((1, len(points), 3), np.int64), np.zeros((1, len(points), 3))
    nearest_surface(points[None], part[None], VERTICES, MESH, corners, shares)
    np.testing.assert_allclose(shares.sum(-1), 1.0)
    assert (shares >= -1e-12).all()
    met = (VERTICES[0][corners[0]] * shares[0][..., None]).sum(1)
    return np.linalg.norm(points - met, axis=1), corners[0]


def _points() -> np.ndarray:
    """Up to 15 mm from the surface."""
    rng = np.random.default_rng(0)
    return VERTICES[0, rng.integers(MODEL.vertex_count, size=600)] + rng.uniform(
        -0.015, 0.015, (600, 3)
    )


def test_distances_are_those_to_the_nearest_face() -> None:
    points = _points()
    found, _ = _search(points, np.full(len(points), ANY_PART))
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(
        o3d.core.Tensor(VERTICES[0].astype(np.float32)),
        o3d.core.Tensor(MODEL.faces.astype(np.uint32)),
    )
    exact = scene.compute_distance(o3d.core.Tensor(points.astype(np.float32)), nthreads=1).numpy()
    assert (found > exact - 1e-6).all(), "nothing is nearer than the nearest"
    assert np.mean(found < exact + 1e-5) > 0.95
    assert np.percentile(found - exact, 99) < 1e-3


def test_a_part_is_held_against_its_own_faces_only() -> None:
    points = _points()
    rng = np.random.default_rng(1)
    part = rng.integers(15, size=len(points))
    everywhere, _ = _search(points, np.full(len(points), ANY_PART))
    found, corners = _search(points, part)
    assert (found >= everywhere - 1e-3).all()
    assert (BONE[corners] == part[:, None]).any(1).all()
