"""Scenes show what they say they show."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.camera_model import PinholeCamera
from engine.hand.model import load_hand_model
from engine.messages import Side
from engine.render.scene import HandLooks, hand_looks
from engine.render.scene_image import HAND_LABELS, render_scene
from engine.render.scene_sampling import LAYOUTS, sample_scene

CAMERA = PinholeCamera(160, 120, 138.0, 138.0, 79.5, 59.5)


def _looks(side: Side) -> HandLooks:
    right = load_hand_model()
    model = right if side is Side.RIGHT else right.mirrored()
    return hand_looks(model, np.full(22, 0.2), np.zeros(10), "open")


HANDS = (_looks(Side.RIGHT), _looks(Side.LEFT))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_scene_has_the_hands_asked_for_at_believable_distances(layout: str, count: int) -> None:
    for seed in range(6):
        rng = np.random.default_rng([seed, count])
        scene = sample_scene(rng, CAMERA, HANDS[:count], layout)
        assert [hand.looks.side for hand in scene.hands] == [Side.RIGHT, Side.LEFT][:count]
        for hand in scene.hands[:1]:
            assert 0.24 < hand.palm_centre[2] < 1.21
        rendered = render_scene(scene, CAMERA)
        assert len(rendered.visible) == count
        assert rendered.depth_m.shape == (120, 160)
        assert count > 0 or not np.isin(rendered.labels, HAND_LABELS).any()


def test_the_depth_of_a_fully_visible_hand_is_that_of_its_surface() -> None:
    checked = 0
    for seed in range(20):
        scene = sample_scene(np.random.default_rng(seed), CAMERA, HANDS[:1])
        rendered = render_scene(scene, CAMERA)
        if rendered.visible[0] < 0.95:
            continue
        z = scene.hands[0].posed.vertices[:, 2]
        seen = rendered.depth_m[rendered.labels == 2]
        assert seen.min() > z.min() - 1e-4
        assert seen.max() < z.max() + 1e-4
        checked += 1
    assert checked >= 5


def test_visibility_counts_what_is_inside_the_picture() -> None:
    scene = sample_scene(np.random.default_rng(1), CAMERA, HANDS[:1], "alone")
    visible = render_scene(scene, CAMERA).visible[0]
    middle = scene.hands[0].palm_centre
    u = CAMERA.project(middle)[0]
    shifted = PinholeCamera(160, 120, 138.0, 138.0, 79.5 - u, 59.5)  # the palm on the left border
    assert visible > 0.6
    assert 0.1 < render_scene(scene, shifted).visible[0] < 0.9


def test_the_same_seed_gives_the_same_scene() -> None:
    images = [
        render_scene(sample_scene(np.random.default_rng(4), CAMERA, HANDS), CAMERA).depth_m
        for _ in range(2)
    ]
    np.testing.assert_array_equal(images[0], images[1])
