"""Pictures of surfaces: light, shadows, and textures that stick."""

from __future__ import annotations

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform, rotation_from_axis_angle
from engine.render.lighting import Lighting, lamp_at
from engine.render.mesh import Mesh, box, ellipsoid, vertex_normals
from engine.render.shading import shaded
from engine.render.solid_texture import grain, noise
from engine.render.surface import Material, Surface, Surfaces, gathered

CAMERA = PinholeCamera(160, 120, 150.0, 150.0, 79.5, 59.5)
MATT = Material((0.5, 0.4, 0.3), (0.5, 0.4, 0.3), 0.02, 0.0, 0.001)
CLOTH = Material((0.5, 0.4, 0.3), (0.1, 0.2, 0.3), 0.03, 0.3, 0.006)
HERE = RigidTransform.identity()
UP = np.array([0.0, -1.0, 0.0])


def wall(distance_m: float, material: Material = MATT) -> Surface:
    mesh = box(np.array([0.0, 0.0, distance_m + 0.05]), np.eye(3), np.array([2.0, 2.0, 0.05]))
    return Surface(mesh, material, mesh.vertices, smooth=False)


def lit(surfaces: Surfaces, lamp: tuple[float, float, float], ambient: float = 0.0) -> Lighting:
    target = np.array([0.0, 0.0, 0.6])
    return Lighting(lamp_at(np.array(lamp), target, 1.0, surfaces), ambient, UP)


def test_matt_light_falls_with_the_square_of_the_distance() -> None:
    grey = []
    for distance in (0.5, 1.0):
        surfaces = gathered([wall(distance)])
        lighting = lit(surfaces, (0.0, 0.01, 0.0))
        grey.append(shaded(surfaces, CAMERA, HERE, lighting).light[60, 80, 0])
    assert abs(grey[0] / grey[1] - 4) < 0.1


def test_depth_is_that_of_the_surface() -> None:
    surfaces = gathered([wall(0.8)])
    view = shaded(surfaces, CAMERA, HERE, lit(surfaces, (0.0, -0.5, 0.0)))
    np.testing.assert_allclose(view.inverse, 1 / 0.8, rtol=1e-5)


def test_a_ball_throws_a_shadow() -> None:
    ball = ellipsoid(np.array([0.0, 0.0, 0.6]), np.eye(3), np.full(3, 0.06))
    thing = Surface(ball, MATT, ball.vertices)
    alone, both = gathered([wall(1.0)]), gathered([wall(1.0), thing])
    lamp = (0.6, 0.0, 0.1)  # From the right: the shadow falls to the left of the ball.
    without = shaded(alone, CAMERA, HERE, lit(alone, lamp)).light[..., 0]
    within = shaded(both, CAMERA, HERE, lit(both, lamp)).light[..., 0]
    shadow_u = round(79.5 + 150 * (0.6 + (0.0 - 0.6) * (1.0 - 0.1) / (0.6 - 0.1)) / 1.0)
    assert within[60, shadow_u] < 0.2 * without[60, shadow_u]
    assert abs(within[60, 150] / without[60, 150] - 1) < 0.02


def test_two_cameras_see_the_same_spot_in_the_same_colour() -> None:
    """Without gloss: what a surface point looks like does not depend on who looks."""
    surfaces = gathered([wall(0.6, CLOTH)])
    lighting = lit(surfaces, (0.2, -0.4, 0.0), 0.4)
    offset = 0.6 * 20 / 150  # Exactly twenty pixels.
    other = RigidTransform(np.eye(3), np.array([-offset, 0.0, 0.0]))
    left = shaded(surfaces, CAMERA, HERE, lighting).light
    right = shaded(surfaces, CAMERA, other, lighting).light
    np.testing.assert_allclose(left[:, 20:], right[:, :-20], atol=2e-4)
    assert left.std() > 0.01


def test_a_texture_moves_with_its_surface() -> None:
    still = wall(0.6, CLOTH)
    turn = rotation_from_axis_angle(np.array([0.0, 0.0, 0.4]))
    moved = Surface(still.mesh.moved(turn, np.zeros(3)), CLOTH, still.coordinates, smooth=False)
    ambient = [
        shaded(gathered([s]), CAMERA, place, lit(gathered([s]), (0.0, -9.0, -9.0), 1.0)).light
        for s, place in ((still, HERE), (moved, RigidTransform(turn.T, np.zeros(3))))
    ]
    np.testing.assert_allclose(ambient[0], ambient[1], atol=2e-2)


def test_what_is_drawn_before_shows_where_nothing_new_hides_it() -> None:
    back = gathered([wall(1.0)])
    lighting = lit(back, (0.0, -0.5, 0.0), 0.5)
    before = shaded(back, CAMERA, HERE, lighting)
    ball = ellipsoid(np.array([0.0, 0.0, 0.6]), np.eye(3), np.full(3, 0.05))
    both = shaded(gathered([Surface(ball, MATT, ball.vertices)]), CAMERA, HERE, lighting, before)
    hidden = both.inverse > 1.2
    assert 200 < hidden.sum() < 1500
    np.testing.assert_array_equal(both.light[~hidden], before.light[~hidden])
    assert not np.allclose(both.light[hidden], before.light[hidden])
    assert before.inverse.max() < 1.2


def test_normals_of_a_ball_point_away_from_its_centre() -> None:
    ball = ellipsoid(np.array([0.1, 0.2, 0.5]), np.eye(3), np.full(3, 0.1))
    outward = ball.vertices - np.array([0.1, 0.2, 0.5])
    outward /= np.linalg.norm(outward, axis=-1, keepdims=True)
    assert (np.abs((vertex_normals(ball) * outward).sum(-1)) > 0.9).all()


def test_flat_surfaces_do_not_share_corners() -> None:
    mesh = box(np.zeros(3), np.eye(3), np.ones(3))
    flat = gathered([Surface(mesh, MATT, mesh.vertices, smooth=False)])
    assert len(flat.vertices) == 36
    np.testing.assert_allclose(np.abs(flat.normals).max(-1), 1.0)


def test_surfaces_keep_their_materials() -> None:
    triangle = Mesh(np.eye(3), np.array([[0, 1, 2]], np.int32))
    both = gathered([Surface(triangle, MATT, np.eye(3)), Surface(triangle, CLOTH, np.eye(3))])
    assert both.material.tolist() == [0, 1]
    assert both.faces.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_noise_is_smooth_and_within_bounds() -> None:
    steps = np.array([noise(0.01 * k, 0.3, 7.1, 5) for k in range(4000)])
    assert np.abs(steps).max() <= 1.0
    assert np.abs(np.diff(steps)).max() < 0.05
    assert steps.std() > 0.2
    assert abs(steps.mean()) < 0.1


def test_grains_finer_than_a_pixel_are_not_drawn() -> None:
    at = np.linspace(0, 0.05, 200)
    seen = [grain(x, 0.0, 0.0, 0.001, 1, 0.0002, 3) for x in at]
    too_fine = [grain(x, 0.0, 0.0, 0.001, 1, 0.002, 3) for x in at]
    assert np.std(seen) > 0.2
    assert np.std(too_fine) == 0.0
