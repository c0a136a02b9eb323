"""Lamps with shadows, projected dots, ambient light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.camera_model import PinholeCamera
from calibration.transforms import RigidTransform
from engine.messages import Float32, Float64
from engine.render.surface import Surfaces
from engine.render.zbuffer import DepthCanvas

SHADOW_SIZE_PX = 768


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp at a place, with a shadow map of the scene; all in one frame, metres."""

    position: Float64
    """[3]."""
    strength: float
    """Of the light at one metre, seen straight."""
    T_lamp_from_scene: RigidTransform
    camera: PinholeCamera
    depth_m: Float32
    """[H, W] what the lamp sees."""


@dataclass(frozen=True, slots=True)
class Dots:
    """A projector of dots: where it stands, what its dots add to a matt white surface at 1 m."""

    position: Float64
    strength: float
    spacing_rad: float = 0.011


@dataclass(frozen=True, slots=True)
class Lighting:
    """All light of a scene."""

    lamp: Lamp
    ambient: float
    up: Float64
    """[3] unit vector: ambient light comes from there a little more."""
    dots: Dots | None = None
    seed: int = 0
    """Of textures."""


def lamp_at(
    position: Float64, target: Float64, strength: float, surfaces: Surfaces, spread: float = 1.1
) -> Lamp:
    """A lamp that looks at `target`; `spread` is the half width of its cone, as a tangent."""
    forward = (target - position) / np.linalg.norm(target - position)
    helper = np.eye(3)[int(np.argmin(np.abs(forward)))]
    right = np.cross(helper, forward)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    T = RigidTransform(rotation, -rotation @ position)
    half = SHADOW_SIZE_PX / 2
    camera = PinholeCamera(SHADOW_SIZE_PX, SHADOW_SIZE_PX, half / spread, half / spread, half, half)
    canvas = DepthCanvas(camera)
    canvas.draw(surfaces.moved(T.rotation, T.translation).mesh)
    return Lamp(position, strength, T, camera, canvas.depth_m())
