"""Forearms are closed tubes that begin in the wrist and run away from the fingers."""

from __future__ import annotations

import numpy as np
import pytest

from engine.hand.model import load_hand_model
from engine.render.forearm import forearm_mesh

KEYPOINTS = load_hand_model().rest_keypoints()


@pytest.mark.parametrize("seed", range(12))
def test_the_surface_is_closed_and_looks_outwards(seed: int) -> None:
    vertices, faces = forearm_mesh(np.random.default_rng(seed), KEYPOINTS)
    assert faces.min() == 0
    assert faces.max() == len(vertices) - 1
    directed = {(int(f[k]), int(f[(k + 1) % 3])) for f in faces for k in range(3)}
    assert len(directed) == 3 * len(faces)
    assert all((b, a) in directed for a, b in directed)
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    litres = 1000 * np.einsum("ij,ij->", a, np.cross(b, c)) / 6
    assert 0.15 < litres < 2.5


@pytest.mark.parametrize("seed", range(12))
def test_it_begins_in_the_wrist_and_leaves_the_fingers_alone(seed: int) -> None:
    vertices, _ = forearm_mesh(np.random.default_rng(seed), KEYPOINTS)
    assert np.linalg.norm(vertices, axis=1).min() < 0.035
    assert 0.13 < np.linalg.norm(vertices, axis=1).max() < 0.40
    assert vertices[:, 1].max() < 0.06, "no part reaches the knuckles"
    assert vertices[:, 1].mean() < -0.02, "it runs towards the elbow"


def test_it_grows_with_the_hand() -> None:
    small, large = (
        forearm_mesh(np.random.default_rng(3), factor * KEYPOINTS)[0] for factor in (0.7, 1.1)
    )
    ring = slice(32, 48)  # the first after the bend
    girth = [np.linalg.norm(np.ptp(mesh[ring], axis=0)) for mesh in (small, large)]
    assert 1.3 < girth[1] / girth[0] < 1.8


def test_wrists_bend_both_ways() -> None:
    tips = np.stack(
        [forearm_mesh(np.random.default_rng(seed), KEYPOINTS)[0][-1] for seed in range(60)]
    )
    assert tips[:, 2].min() < -0.05
    assert tips[:, 2].max() > 0.05
    assert np.abs(tips[:, 0]).max() > 0.03
