"""Rendered patches show what they say, and a hand that can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from engine.hand.model import load_hand_model
from engine.training.patch_scenes import (
    ARM,
    HAND,
    MIN_VISIBLE_M2,
    Scene,
    hand_centre,
    render_empty_scene,
    render_hand_scene,
)
from engine.training.synthesis import draw_sample

MODEL = load_hand_model()


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    rng = np.random.default_rng(12)
    return [render_hand_scene(rng, MODEL) for _ in range(25)]


def test_the_hand_is_visible_and_in_front_of_the_camera(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.hand is not None
        assert scene.hand.vertices[:, 2].min() > 0.13 - 1e-9
        hand = (scene.parts == HAND) & (scene.depth_m > 0)
        area = (scene.depth_m[hand] ** 2).sum() / (scene.camera.fx * scene.camera.fy)
        assert area > MIN_VISIBLE_M2
        np.testing.assert_allclose(scene.centre, hand_centre(scene.hand.keypoints), atol=1e-12)


def test_parts_name_what_the_pixel_shows(scenes: list[Scene]) -> None:
    """Hand pixels lie on the hand's surface; the arm is beyond the wrist."""
    for scene in scenes[:8]:
        assert scene.hand is not None
        rows, columns = np.nonzero((scene.parts == HAND) & (scene.depth_m > 0))
        points = scene.camera.unproject(np.stack([columns, rows], -1), scene.depth_m[rows, columns])
        apart = np.linalg.norm(points[::29, None] - scene.hand.vertices, axis=-1).min(1)
        assert apart.max() < 0.012  # half the longest edge of the mesh
        rows, columns = np.nonzero((scene.parts == ARM) & (scene.depth_m > 0))
        if len(rows):
            arm = scene.camera.unproject(
                np.stack([columns, rows], -1), scene.depth_m[rows, columns]
            )
            assert np.linalg.norm(arm - scene.hand.keypoints[0], axis=-1).max() < 0.45


def test_joints_lie_behind_the_surface_that_hides_them(scenes: list[Scene]) -> None:
    behind = []
    for scene in scenes:
        assert scene.hand is not None
        pixels = np.round(scene.camera.project(scene.hand.keypoints)).astype(int)
        size = len(scene.depth_m)
        inside = ((pixels >= 0) & (pixels < size)).all(1)
        u, v = pixels[inside].T
        seen = scene.depth_m[v, u]
        behind += list((seen > 0) & (seen < scene.hand.keypoints[inside, 2] + 0.002))
    assert np.mean(behind) > 0.97


def test_empty_scenes_show_something_that_is_no_hand() -> None:
    rng = np.random.default_rng(14)
    for _ in range(10):
        scene = render_empty_scene(rng, MODEL)
        assert scene.hand is None
        assert scene.pose is None
        assert not ((scene.parts == HAND) & (scene.depth_m > 0)).any()
        sample = draw_sample(rng, scene)
        assert sample is not None
        assert (sample.present, sample.same_side) == (0.0, 1.0)
