"""The light of every pixel, compiled. Vectors are arrays of three that callees write into."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.messages import Float32, Float64
from engine.render.solid_texture import grain, noise

Int32 = npt.NDArray[np.int32]
SHADOW_BIAS_M = 0.006
OCTAVES = 4


@njit(cache=True, nogil=True)
def shade(
    light: Float32, inverse: Float32, ids: Int32, vertices: Float64, normals: Float64,
    coordinates: Float64, faces: Int32, material: Int32, materials: Float64,
    T_scene: Float64, k: Float64, lamp: Float64, strength: float, T_lamp: Float64,
    lamp_f: float, shadow: Float32, ambient: float, up: Float64,
    projector: Float64, dot_strength: float, dot_spacing: float, seed: int,
) -> None:  # fmt: skip
    """Write the light [H, W, 3] of every pixel whose face `ids` names; others keep theirs."""
    height, width = ids.shape
    p, n, t, eye = np.empty(3), np.empty(3), np.empty(3), T_scene[:3, 3]
    rgb, weight = np.empty(3), np.empty(3)
    for v in range(height):
        for u in range(width):
            face = ids[v, u]
            if face < 0:
                continue
            z = 1.0 / inverse[v, u]
            x, y = (u - k[2]) / k[0] * z, (v - k[3]) / k[1] * z
            for axis in range(3):
                p[axis] = (
                    T_scene[axis, 0] * x + T_scene[axis, 1] * y + T_scene[axis, 2] * z + eye[axis]
                )
            _barycentric(vertices, faces, face, p, weight)
            _mix(normals, faces, face, weight, n)
            _mix(coordinates, faces, face, weight, t)
            _face_the_eye(n, p, eye)
            pixel_m = z / k[0]
            gloss = _paint(materials[material[face]], t, pixel_m, seed + material[face], rgb)
            lit = _lamp_light(p, n, lamp, strength, T_lamp, lamp_f, shadow)
            matt = ambient * (0.7 + 0.3 * (n[0] * up[0] + n[1] * up[1] + n[2] * up[2]))
            matt += lit
            if dot_strength > 0.0:
                matt += dot_strength * _dot_light(p, n, projector, dot_spacing, k[0])
            shine = gloss * lit * _highlight(p, n, lamp, eye)
            for channel in range(3):
                light[v, u, channel] = rgb[channel] * matt + shine


@njit(cache=True, nogil=True)
def _barycentric(vertices: Float64, faces: Int32, face: int, p: Float64, weight: Float64) -> None:
    """Weights of a face's corners at the point p of its plane."""
    a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
    d00 = d01 = d11 = d20 = d21 = 0.0
    for axis in range(3):
        e0 = vertices[b, axis] - vertices[a, axis]
        e1 = vertices[c, axis] - vertices[a, axis]
        e2 = p[axis] - vertices[a, axis]
        d00 += e0 * e0
        d01 += e0 * e1
        d11 += e1 * e1
        d20 += e2 * e0
        d21 += e2 * e1
    scale = d00 * d11 - d01 * d01
    if scale < 1e-24:
        weight[0], weight[1], weight[2] = 1.0, 0.0, 0.0
        return
    weight[1] = (d11 * d20 - d01 * d21) / scale
    weight[2] = (d00 * d21 - d01 * d20) / scale
    weight[0] = 1.0 - weight[1] - weight[2]


@njit(cache=True, nogil=True)
def _mix(values: Float64, faces: Int32, face: int, weight: Float64, out: Float64) -> None:
    for axis in range(3):
        out[axis] = (
            weight[0] * values[faces[face, 0], axis]
            + weight[1] * values[faces[face, 1], axis]
            + weight[2] * values[faces[face, 2], axis]
        )


@njit(cache=True, nogil=True)
def _face_the_eye(n: Float64, p: Float64, eye: Float64) -> None:
    """Make n a unit vector on the eye's side."""
    length = math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) + 1e-12
    towards = 0.0
    for axis in range(3):
        towards += n[axis] * (eye[axis] - p[axis])
    sign = 1.0 if towards >= 0 else -1.0
    for axis in range(3):
        n[axis] *= sign / length


@njit(cache=True, nogil=True)
def _paint(m: Float64, t: Float64, pixel_m: float, seed: int, rgb: Float64) -> float:
    """Colour of a material at a place of its texture; its gloss."""
    share = 0.0
    if m[3] != m[0] or m[4] != m[1] or m[5] != m[2]:
        spots = noise(t[0] / m[6], t[1] / m[6], t[2] / m[6], seed + 11)
        share = min(max(2.5 * spots + 0.5, 0.0), 1.0)
    texture = 1.0
    if m[7] > 0.0:
        texture += m[7] * grain(t[0], t[1], t[2], m[8], OCTAVES, pixel_m, seed + 29)
    for channel in range(3):
        colour = m[channel] + share * (m[3 + channel] - m[channel])
        rgb[channel] = max(colour * texture, 0.0)
    return m[9]


@njit(cache=True, nogil=True)
def _lamp_light(
    p: Float64, n: Float64, lamp: Float64, strength: float, T_lamp: Float64, lamp_f: float,
    shadow: Float32,
) -> float:  # fmt: skip
    """Light of the lamp on a matt surface."""
    squared = facing = 0.0
    for axis in range(3):
        to = lamp[axis] - p[axis]
        squared += to * to
        facing += n[axis] * to
    if facing <= 0.0:
        return 0.0
    distance = math.sqrt(squared)
    return strength * facing / (distance * squared) * _lit_share(p, T_lamp, lamp_f, shadow)


@njit(cache=True, nogil=True)
def _lit_share(p: Float64, T_lamp: Float64, lamp_f: float, shadow: Float32) -> float:
    """How much of the lamp is seen from p: 0..1, soft over a few texels of the shadow map."""
    size = shadow.shape[0]
    x = T_lamp[0, 0] * p[0] + T_lamp[0, 1] * p[1] + T_lamp[0, 2] * p[2] + T_lamp[0, 3]
    y = T_lamp[1, 0] * p[0] + T_lamp[1, 1] * p[1] + T_lamp[1, 2] * p[2] + T_lamp[1, 3]
    z = T_lamp[2, 0] * p[0] + T_lamp[2, 1] * p[1] + T_lamp[2, 2] * p[2] + T_lamp[2, 3]
    if z <= 0.05:
        return 0.0
    column, row = lamp_f * x / z + size / 2, lamp_f * y / z + size / 2
    if not (3 < column < size - 4 and 3 < row < size - 4):
        return 0.0
    i, j = int(column), int(row)
    a, b = column - i, row - j
    lit = 0.0
    for dj in range(-1, 3):
        wj = 1.0 - b if dj == -1 else (b if dj == 2 else 1.0)
        for di in range(-1, 3):
            wi = 1.0 - a if di == -1 else (a if di == 2 else 1.0)
            seen = shadow[j + dj, i + di]
            if seen == 0.0 or seen > z - SHADOW_BIAS_M * (0.5 + z):
                lit += wi * wj
    return lit / 9.0


@njit(cache=True, nogil=True)
def _highlight(p: Float64, n: Float64, lamp: Float64, eye: Float64) -> float:
    """Blinn's highlight, of a rather rough surface."""
    la = lb = 0.0
    for axis in range(3):
        la += (lamp[axis] - p[axis]) ** 2
        lb += (eye[axis] - p[axis]) ** 2
    la, lb = math.sqrt(la), math.sqrt(lb)
    dot = squared = 0.0
    for axis in range(3):
        half = (lamp[axis] - p[axis]) / la + (eye[axis] - p[axis]) / lb
        dot += half * n[axis]
        squared += half * half
    return max(dot / math.sqrt(squared + 1e-12), 0.0) ** 18


@njit(cache=True, nogil=True)
def _dot_light(
    p: Float64, n: Float64, projector: Float64, spacing: float, focal_px: float
) -> float:
    """Light of the projected dots; a pixel that is larger than a dot sees it dimmer."""
    x, y, z = p[0] - projector[0], p[1] - projector[1], p[2] - projector[2]
    if z <= 0.05:
        return 0.0
    squared = x * x + y * y + z * z
    facing = -(n[0] * x + n[1] * y + n[2] * z) / math.sqrt(squared)
    if facing <= 0.0:
        return 0.0
    i, j = math.floor(x / z / spacing), math.floor(y / z / spacing)
    radius = max(0.16 * spacing, 0.7 / focal_px)
    brightest = 0.0
    for dj in range(-1, 2):
        for di in range(-1, 2):
            a, b = i + di, j + dj
            dx = x / z - (a + 0.5 + 0.45 * noise(7.3 * a + 0.5, 5.1 * b + 0.5, 0.5, 1)) * spacing
            dy = y / z - (b + 0.5 + 0.45 * noise(3.7 * a + 0.5, 9.1 * b + 0.5, 0.5, 2)) * spacing
            brightest = max(brightest, math.exp(-(dx * dx + dy * dy) / (2 * radius * radius)))
    return brightest * facing / squared
