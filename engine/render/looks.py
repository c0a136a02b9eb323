"""Random looks of skin, clothes, things, rooms and light, for pictures of synthetic scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from engine.messages import Float64
from engine.render.lighting import Dots, Lighting, lamp_at
from engine.render.mesh import Mesh, box
from engine.render.scene import HandInScene, SceneGeometry
from engine.render.surface import Material, Surface, Surfaces, gathered

SKIN_TONES = (
    (0.76, 0.53, 0.43),
    (0.66, 0.42, 0.32),
    (0.52, 0.31, 0.21),
    (0.36, 0.20, 0.13),
    (0.21, 0.11, 0.07),
    (0.11, 0.06, 0.04),
)
"""Linear colours, from light to dark."""
BARE_ARM = 0.55


def sample_skin(rng: np.random.Generator) -> Material:
    """Skin: fine lines and pores, and larger spots of another red."""
    tone = rng.uniform(0, len(SKIN_TONES) - 1)
    low = int(tone)
    colour = np.array(SKIN_TONES[low]) + (tone - low) * (
        np.array(SKIN_TONES[min(low + 1, len(SKIN_TONES) - 1)]) - np.array(SKIN_TONES[low])
    )
    redder = colour * np.array(
        [rng.uniform(0.9, 1.0), rng.uniform(0.75, 0.9), rng.uniform(0.75, 0.9)]
    )
    return Material(
        albedo=_rgb(colour),
        second=_rgb(redder),
        pattern_m=rng.uniform(0.008, 0.03),
        grain=rng.uniform(0.09, 0.20),
        grain_m=rng.uniform(0.0008, 0.0014),
        gloss=rng.uniform(0.01, 0.06),
    )


def sample_cloth(rng: np.random.Generator) -> Material:
    """Cloth of any colour, often with a pattern."""
    colour = _calm(rng)
    second = _calm(rng) if rng.random() < 0.4 else colour
    return Material(
        _rgb(colour), _rgb(second), rng.uniform(0.01, 0.06), rng.uniform(0.05, 0.4), 0.0012
    )


def sample_thing(rng: np.random.Generator) -> Material:
    """Anything that lies about; a third of it is smooth as paint."""
    material = sample_cloth(rng)
    if rng.random() < 0.33:
        return replace(material, grain=rng.uniform(0.0, 0.04), gloss=rng.uniform(0.0, 0.3))
    return replace(material, gloss=rng.uniform(0.0, 0.15))


def sample_wall(rng: np.random.Generator) -> Material:
    """Wallpaper, plaster, or a wall of shelves and pictures."""
    colour = rng.uniform(0.2, 0.7) * rng.uniform(0.85, 1.0, 3)
    busy = rng.random() < 0.5
    second = _calm(rng) if busy else colour * rng.uniform(0.85, 1.0)
    return Material(
        _rgb(colour), _rgb(second), rng.uniform(0.05, 0.3), rng.uniform(0.02, 0.3), 0.004
    )


def room_surface(rng: np.random.Generator) -> Surface:
    """Walls, floor and ceiling around everything, so that a camera sees something everywhere."""
    half = np.array([rng.uniform(1.5, 2.5), rng.uniform(1.3, 1.7), rng.uniform(1.8, 3.0)])
    mesh = box(np.array([0.0, 0.0, rng.uniform(-0.8, 0.0)]), np.eye(3), half)
    return Surface(mesh, sample_wall(rng), mesh.vertices, smooth=False)


def still(mesh: Mesh, material: Material, smooth: bool) -> Surface:
    """A thing that never moves: its texture is where it is."""
    return Surface(mesh, material, mesh.vertices, smooth)


def hand_surface(hand: HandInScene, rest: Float64, skin: Material) -> Surface:
    """A hand; its texture sticks to the rest pose [V, 3]."""
    return Surface(Mesh(hand.posed.vertices, hand.looks.faces), skin, rest)


def carried(mesh: Mesh, hand: HandInScene, material: Material) -> Surface:
    """An arm: its texture goes with the hand at its end."""
    return Surface(mesh, material, (mesh.vertices - hand.arm.wrist) @ hand.arm.R_hand)


def dressed(
    geometry: SceneGeometry, rests: Sequence[Float64], rng: np.random.Generator
) -> Surfaces:
    """A random scene with random looks; `rests` [V, 3] are the hands' rest poses."""
    skin = sample_skin(rng)
    hands = [
        hand_surface(hand, rest, skin) for hand, rest in zip(geometry.hands, rests, strict=True)
    ]
    arms = _arm_slots(geometry)
    solids = []
    for slot, mesh in enumerate(geometry.solids):
        if slot in arms:
            material = skin if rng.random() < BARE_ARM else sample_cloth(rng)
            solids.append(still(mesh, material, smooth=True))
        else:
            solids.append(still(mesh, sample_thing(rng), smooth=len(mesh.vertices) > 8))
    dark = [still(mesh, _dark(rng), smooth=True) for mesh in geometry.dark]
    return gathered([room_surface(rng), *solids, *dark, *hands])


def sample_lighting(
    rng: np.random.Generator, surfaces: Surfaces, focus: Float64, dots: bool = False
) -> Lighting:
    """A lamp somewhere above the camera's side of things, and light from everywhere."""
    offset = np.array([rng.uniform(-0.9, 0.9), rng.uniform(-1.1, -0.4), rng.uniform(-0.9, -0.2)])
    position = focus + offset
    strength = rng.uniform(0.5, 1.6) * float(offset @ offset)
    return Lighting(
        lamp=lamp_at(position, focus, strength, surfaces),
        ambient=rng.uniform(0.3, 0.9),
        up=np.array([0.0, -1.0, 0.0]),
        dots=Dots(np.array([0.02, 0.0, 0.0]), rng.uniform(0.15, 0.5)) if dots else None,
        seed=int(rng.integers(1 << 20)),
    )


def _arm_slots(geometry: SceneGeometry) -> range:
    """Which solids are arms: see `engine.render.scene_sampling.sample_scene`."""
    return range(len(geometry.hands)) if geometry.layout == "alone" else range(1, 3)


def _calm(rng: np.random.Generator) -> Float64:
    """A colour as rooms have them: rarely bright and pure at once."""
    grey = rng.uniform(0.03, 0.5)
    colour: Float64 = grey * (1 + rng.uniform(0.05, 0.6) * rng.uniform(-1, 1, 3))
    return colour


def _dark(rng: np.random.Generator) -> Material:
    colour = _rgb(rng.uniform(0.01, 0.05, 3))
    return Material(colour, colour, 0.02, 0.3, 0.0015)


def _rgb(values: npt.NDArray[np.floating]) -> tuple[float, float, float]:
    r, g, b = (float(v) for v in values)
    return r, g, b
