"""Tables, walls, chairs and clutter around a place, in the camera's frame, metres."""

from __future__ import annotations

import numpy as np

from calibration.transforms import rotation_from_axis_angle, rotation_from_quaternion
from engine.messages import Float64
from engine.render.mesh import Mesh, box, capsule, ellipsoid, perpendicular_axes, tube


def sample_surroundings(
    rng: np.random.Generator, focus: Float64, down: Float64, with_person: bool
) -> list[Mesh]:
    """Furniture and clutter around `focus` [3], which stays free.

    Args:
        down: [3] unit vector of gravity.
        with_person: walls then stand well behind `focus`.
    """
    level = np.column_stack([*perpendicular_axes(down), down])
    turn = rotation_from_axis_angle(np.array([0.0, 0.0, rng.uniform(0, 2 * np.pi)]))
    axes = level @ turn
    solids: list[Mesh] = []
    if rng.random() < 0.55:
        solids += _table(rng, focus, axes)
    if rng.random() < 0.4:
        solids.append(_wall(rng, focus, down, with_person))
    if rng.random() < 0.3:
        solids += [_loose_thing(rng, focus) for _ in range(int(rng.integers(1, 4)))]
    if with_person and rng.random() < 0.35:
        solids.append(_chair_back(rng, focus, axes))
    return solids


def _table(rng: np.random.Generator, focus: Float64, axes: Float64) -> list[Mesh]:
    down = axes[:, 2]
    height = rng.uniform(0.03, 0.15) if rng.random() < 0.35 else rng.uniform(0.15, 0.55)
    size = np.array([rng.uniform(0.25, 0.8), rng.uniform(0.25, 0.6), 0.015])
    middle = focus + down * (height + 0.015) + axes @ np.append(rng.uniform(-0.3, 0.3, 2), 0)
    solids = [box(middle, axes, size)]
    top = middle - down * 0.015
    for _ in range(int(rng.integers(0, 6))):
        spot = top + axes @ np.append(rng.uniform(-0.9, 0.9, 2) * size[:2], 0)
        tallest = max(0.015, 0.8 * height)
        if np.linalg.norm(np.cross(spot - focus, down)) > 0.17:
            tallest = 0.3
        solids.append(_thing_on_table(rng, spot, axes, tallest))
    return solids


def _thing_on_table(rng: np.random.Generator, spot: Float64, axes: Float64, tallest: float) -> Mesh:
    """A box, a bottle, a cup or a ball that stands at `spot`."""
    turn = axes @ rotation_from_axis_angle(np.array([0.0, 0.0, rng.uniform(0, np.pi)]))
    up = -axes[:, 2]
    kind = rng.random()
    if kind < 0.45:
        size = np.minimum(rng.uniform(0.01, 0.14, 3), [1, 1, tallest / 2])
        return box(spot + up * size[2], turn, size)
    height = min(rng.uniform(0.07, 0.3), tallest)
    if kind < 0.85:
        return bottle(rng, spot, up, height, rng.uniform(0.025, 0.045))
    radius = min(rng.uniform(0.02, 0.1), tallest / 2)
    return ellipsoid(spot + up * radius, turn, np.full(3, radius))


def bottle(
    rng: np.random.Generator, foot: Float64, up: Float64, height: float, radius: float
) -> Mesh:
    """A bottle, or a cup where the neck is as wide as the belly."""
    neck = 1.0 if rng.random() < 0.5 else rng.uniform(0.3, 0.6)
    at = np.array([0.0, 0.55, 0.7, 0.85, 1.0]) * height
    radii = radius * np.array([1.0, 1.0, 0.5 + 0.5 * neck, neck, neck])
    return tube(foot + up * at[:, None], radii, radii, *perpendicular_axes(up))


def _wall(rng: np.random.Generator, focus: Float64, down: Float64, with_person: bool) -> Mesh:
    """An upright plane behind everything, roughly across the line of sight."""
    distance = focus[2] + (rng.uniform(0.6, 2.0) if with_person else rng.uniform(0.08, 1.5))
    sight = np.array([0.0, 0.0, 1.0])
    across = np.cross(down, sight)
    if np.linalg.norm(across) < 0.3:  # looking down: the floor
        return box(sight * distance, np.column_stack([*perpendicular_axes(down), down]),
                   np.array([4.0, 4.0, 0.01]))  # fmt: skip
    across /= np.linalg.norm(across)
    turn = rotation_from_axis_angle(down * rng.normal(0, 0.3))
    axes = turn @ np.column_stack([across, down, np.cross(across, down)])
    return box(sight * distance, axes, np.array([4.0, 4.0, 0.01]))


def _chair_back(rng: np.random.Generator, focus: Float64, axes: Float64) -> Mesh:
    back = focus + np.array([rng.normal(0, 0.15), 0, rng.uniform(0.45, 0.8)])
    size = np.array([rng.uniform(0.18, 0.3), 0.03, rng.uniform(0.2, 0.45)])
    return box(back + axes[:, 2] * rng.uniform(-0.1, 0.4), axes, size)


def _loose_thing(rng: np.random.Generator, focus: Float64) -> Mesh:
    """A box, ball, stick or board anywhere but near the focus and before it."""
    centre = focus * rng.uniform(0.7, 2.2)
    offset = rng.normal(0, 1.0, 3) * np.array([1.0, 1.0, 0.3])
    centre = centre + offset / np.linalg.norm(offset) * rng.uniform(0.22, 0.6)
    axes = rotation_from_quaternion(rng.normal(size=4))
    kind = rng.random()
    if kind < 0.4:
        return box(centre, axes, rng.uniform(0.01, 0.15, 3))
    if kind < 0.65:
        return ellipsoid(centre, axes, rng.uniform(0.02, 0.11, 3))
    ends = axes[:, 0] * rng.uniform(0.03, 0.25)
    radius = rng.uniform(0.006, 0.05)
    return capsule(centre - ends, centre + ends, radius, radius * rng.uniform(0.6, 1))
