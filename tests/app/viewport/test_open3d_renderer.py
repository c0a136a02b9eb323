"""The real renderer, off screen. Skipped where no OpenGL can be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from app.viewport.content import ContentOptions, Floor, build_content
from app.viewport.open3d_renderer import BACKGROUND_RGB, GraphicsUnavailableError, Open3DRenderer
from app.viewport.orbit import ViewPose
from app.viewport.surface import default_surface
from app.viewport.viewport import Content
from engine.messages import Side
from tests.app.scenes import make_hand, make_scene

SIZE = (400, 300)
POSE = ViewPose(target=(0.0, 0.0, 0.45), distance_m=0.6)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Open3DRenderer]:
    try:
        made = Open3DRenderer()
        made.draw(Content(), POSE, SIZE)
    except (GraphicsUnavailableError, ImportError, OSError) as error:
        pytest.skip(f"no off-screen OpenGL: {error}")
    yield made
    made.close()


def _hand_content(side: Side = Side.RIGHT) -> Content:
    options = ContentOptions(points=False, grid=False)
    return build_content(make_scene((make_hand(side),)), None, default_surface(), Floor(), options)


def _drawn(image: np.ndarray) -> np.ndarray:
    background = np.round(np.array(BACKGROUND_RGB) * 255)
    return (np.abs(image - background) > 6).any(-1)


def test_nothing_to_draw_is_all_background(renderer: Open3DRenderer) -> None:
    image = renderer.draw(Content(), POSE, SIZE)
    assert image.shape == (300, 400, 3)
    assert image.dtype == np.uint8
    assert not _drawn(image).any()


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_mesh_is_drawn_where_its_vertices_project(
    renderer: Open3DRenderer, mirrored: bool, side: Side
) -> None:
    pose = replace(POSE, mirrored=mirrored)
    content = _hand_content(side)
    rows, columns = np.nonzero(_drawn(renderer.draw(content, pose, SIZE)))
    pixels = pose.project(content.meshes[0].vertices, SIZE)
    found = [columns.min(), rows.min(), columns.max(), rows.max()]
    np.testing.assert_allclose(found, [*pixels.min(0), *pixels.max(0)], atol=2.5)


def test_a_hand_that_left_is_not_drawn_any_more(renderer: Open3DRenderer) -> None:
    assert _drawn(renderer.draw(_hand_content(), POSE, SIZE)).any()
    assert not _drawn(renderer.draw(Content(), POSE, SIZE)).any()


def test_a_new_size_shows_the_same_view(renderer: Open3DRenderer) -> None:
    small = _drawn(renderer.draw(_hand_content(), POSE, SIZE))
    large = _drawn(renderer.draw(_hand_content(), POSE, (800, 600)))
    assert large.shape == (600, 800)
    assert large.mean() == pytest.approx(small.mean(), rel=0.05)


def test_a_mesh_far_from_where_the_first_one_was_is_not_clipped(renderer: Open3DRenderer) -> None:
    renderer.draw(_hand_content(), POSE, SIZE)
    far = make_hand(position=(0.0, 0.0, 1.6))
    options = ContentOptions(points=False, grid=False)
    content = build_content(make_scene((far,)), None, default_surface(), Floor(), options)
    pose = POSE.aimed_at(far.joints.mean(0))
    assert _drawn(renderer.draw(content, pose, SIZE)).mean() > 0.02


def test_closing_twice_is_safe() -> None:
    renderer = Open3DRenderer()
    renderer.close()
    renderer.close()


def test_a_ghost_is_seen_through_and_goes_without_a_trace(renderer: Open3DRenderer) -> None:
    hand = _hand_content()
    mesh = hand.meshes[0]
    ghost = replace(mesh, vertices=mesh.vertices + np.float32([0.06, 0.0, 0.0]))
    plain = renderer.draw(hand, POSE, SIZE)
    both = renderer.draw(replace(hand, ghost=ghost), POSE, SIZE)
    after = renderer.draw(hand, POSE, SIZE)
    solid = renderer.draw(replace(hand, meshes=(mesh, ghost)), POSE, SIZE)
    only_ghost = _drawn(both) & ~_drawn(plain)
    assert only_ghost.mean() > 0.01
    assert both[only_ghost].mean() < solid[only_ghost].mean()
    assert np.array_equal(after, plain)
