"""Samples for the localiser: low-resolution depth frames of synthetic scenes and where hands are.

Scenes wait in a pool and are used several times, each time with another sensor, mirrored or not:
a scene costs more than a training step on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calibration.camera_model import PinholeCamera
from engine.hand.model import HandModel, load_hand_model
from engine.inference.localiser_view import FOCAL_PX
from engine.messages import Float32, Side
from engine.render.coarse_sensor import apply_coarse_sensor
from engine.render.scene import HandLooks, hand_looks
from engine.render.scene_image import HAND_LABELS, render_scene
from engine.render.scene_sampling import sample_scene
from engine.training.poses import sample_angles, sample_pose_class, sample_shape, sample_view

WIDTH_PX, HEIGHT_PX = 160, 128
HAND_COUNTS = (0, 1, 2)
HAND_COUNT_SHARES = (0.3, 0.4, 0.3)
CLEAR, HINTED = 0.5, 0.12
"""Visible shares: from CLEAR a hand must be found; below HINTED it must not; between, either."""
SMALLEST_PX = 20


@dataclass(frozen=True, slots=True)
class HandMark:
    """A hand in a frame, as the localiser is asked for it."""

    u: float
    v: float
    """Palm centre in pixels of the standard view."""
    z: float
    """Its distance in metres."""
    radius_px: float
    """Half the width of the palm in the picture."""
    right: bool
    clear: bool
    """False: too hidden to insist on."""


@dataclass(frozen=True, slots=True)
class LocaliserSample:
    """A depth frame [128, 160] in metres and the hands in it."""

    depth_m: Float32
    hands: tuple[HandMark, ...]


def prepare_looks(rng: np.random.Generator, count: int) -> dict[Side, list[HandLooks]]:
    """Random posed hands of both sides."""
    right = load_hand_model()
    models = {Side.RIGHT: right, Side.LEFT: right.mirrored()}
    return {
        side: [_sample_looks(rng, model) for _ in range(count // 2)]
        for side, model in models.items()
    }


def _sample_looks(rng: np.random.Generator, model: HandModel) -> HandLooks:
    pose_class = sample_pose_class(rng)
    return hand_looks(model, sample_angles(rng, model, pose_class), sample_shape(rng), pose_class)


def sample_clean(rng: np.random.Generator, looks: dict[Side, list[HandLooks]]) -> LocaliserSample:
    """A scene as a perfect sensor sees it."""
    camera = _sample_camera(rng)
    count = int(rng.choice(HAND_COUNTS, p=HAND_COUNT_SHARES))
    first = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    hands = tuple(
        looks[side][int(rng.integers(len(looks[side])))] for side in (first, first.other)[:count]
    )
    geometry = sample_scene(rng, camera, hands, R_hand=sample_view(rng))
    rendered = render_scene(geometry, camera)
    marks = []
    for hand, label, share in zip(geometry.hands, HAND_LABELS, rendered.visible, strict=False):
        centre = hand.palm_centre
        pixels = int(np.count_nonzero(rendered.labels == label))
        if share < HINTED or pixels < SMALLEST_PX // 2 or centre[2] < 0.1:
            continue
        u, v = camera.project(centre)
        clear = share >= CLEAR and pixels >= SMALLEST_PX and 0.2 <= centre[2] <= 1.35
        radius = 0.04 * hand.looks.scale * FOCAL_PX / centre[2]
        right = hand.looks.side is Side.RIGHT
        marks.append(HandMark(float(u), float(v), float(centre[2]), radius, right, clear))
    return LocaliserSample(rendered.depth_m, tuple(marks))


def _sample_camera(rng: np.random.Generator) -> PinholeCamera:
    """The standard view of a random camera; the focal length varies as hand sizes do anyway."""
    focal = FOCAL_PX * rng.uniform(0.94, 1.06)
    cx, cy = (WIDTH_PX - 1) / 2 + rng.normal(0, 2), (HEIGHT_PX - 1) / 2 + rng.normal(0, 2)
    return PinholeCamera(WIDTH_PX, HEIGHT_PX, focal, focal, cx, cy)


def with_sensor(rng: np.random.Generator, sample: LocaliserSample) -> LocaliserSample:
    """The sample through a random device, half of the time mirrored, cut to a random format."""
    depth = apply_coarse_sensor(sample.depth_m, rng)
    if rng.random() < 0.4:
        depth = np.where(depth > rng.uniform(0.8, 3.5), 0, depth)
    if rng.random() < 0.3:
        depth = np.where(depth < rng.uniform(0.1, 0.22), 0, depth)
    hands = sample.hands
    if rng.random() < 0.5:
        depth = depth[:, ::-1]
        hands = tuple(_mirrored(hand) for hand in hands)
    cut, hands = _cut(rng, depth, hands)
    return LocaliserSample(cut, tuple(filter(None, (_as_seen(cut, hand) for hand in hands))))


def _as_seen(depth: Float32, hand: HandMark) -> HandMark | None:
    """The mark after the sensor lost pixels: not clear where few are left, None without any."""
    r = max(hand.radius_px, 2.0)
    rows = slice(max(0, round(hand.v - r)), max(0, round(hand.v + r)) + 1)
    columns = slice(max(0, round(hand.u - r)), max(0, round(hand.u + r)) + 1)
    window = depth[rows, columns]
    left = np.count_nonzero((window > hand.z - 0.15) & (window < hand.z + 0.06))
    if left < 4:
        return None
    return hand if left > 0.3 * window.size else replace(hand, clear=False)


def _mirrored(hand: HandMark) -> HandMark:
    return replace(hand, u=WIDTH_PX - 1 - hand.u, right=not hand.right)


def _cut(
    rng: np.random.Generator, depth: Float32, hands: tuple[HandMark, ...]
) -> tuple[Float32, tuple[HandMark, ...]]:
    """Empty borders as of a camera with a narrower view; hands cut by them are not insisted on."""
    cut = np.array(depth, np.float32)
    side = int(rng.integers(0, 22)) if rng.random() < 0.5 else 0
    top = int(rng.integers(0, 20)) if rng.random() < 0.5 else 4
    cut[:, :side], cut[:, WIDTH_PX - side :] = 0, 0
    cut[:top], cut[HEIGHT_PX - top :] = 0, 0
    kept = []
    for hand in hands:
        border = min(
            hand.u - side, WIDTH_PX - side - hand.u, hand.v - top, HEIGHT_PX - top - hand.v
        )
        if border > -hand.radius_px:
            clear = hand.clear and border > 0.6 * hand.radius_px
            kept.append(HandMark(hand.u, hand.v, hand.z, hand.radius_px, hand.right, clear))
    return cut, tuple(kept)


class ScenePool:
    """Clean scenes that are replaced one by one while batches are drawn from them."""

    def __init__(self, seed: int, size: int, uses: int, looks: int) -> None:
        """A pool of `size` scenes with `looks` different hands.

        `uses`: how often a scene is used on average before it is replaced.
        """
        self._rng = np.random.default_rng([seed, 11])
        self._looks = prepare_looks(self._rng, looks)
        self._size, self._uses = size, uses
        self._scenes: list[LocaliserSample] = []
        self._oldest = 0

    def batches(self, batch: int) -> Iterator[list[LocaliserSample]]:
        """Endless batches of samples with sensor noise."""
        while True:
            self._renew(max(1, batch // self._uses))
            picks = self._rng.integers(0, len(self._scenes), batch)
            yield [with_sensor(self._rng, self._scenes[k]) for k in picks]

    def _renew(self, count: int) -> None:
        missing = min(256, self._size) - len(self._scenes)
        for _ in range(max(count, missing)):
            scene = sample_clean(self._rng, self._looks)
            if len(self._scenes) < self._size:
                self._scenes.append(scene)
            else:
                self._scenes[self._oldest] = scene
                self._oldest = (self._oldest + 1) % self._size


@dataclass(frozen=True, slots=True)
class TargetMaps:
    """Targets of a batch on the output grid."""

    presence: Float32
    """[B, h, w]: 1 at palm centres, falling off around them."""
    ignored: npt.NDArray[np.bool_]
    """[B, h, w]: cells that do not count."""
    weight: Float32
    """[B, h, w]: weight of the three planes below."""
    side: Float32
    """[B, h, w]: 1 = right."""
    geometry: Float32
    """[B, 3, h, w]: offset in u and v in cells, log(z / reference)."""


def target_maps(samples: list[LocaliserSample], stride: int, reference_m: float) -> TargetMaps:
    """Targets of `samples` on a grid of `stride` pixels."""
    h, w = HEIGHT_PX // stride, WIDTH_PX // stride
    n = len(samples)
    maps = TargetMaps(
        np.zeros((n, h, w), np.float32), np.zeros((n, h, w), bool), np.zeros((n, h, w), np.float32),
        np.zeros((n, h, w), np.float32), np.zeros((n, 3, h, w), np.float32),
    )  # fmt: skip
    v, u = np.mgrid[0:h, 0:w].astype(np.float32)
    for k, sample in enumerate(samples):
        for hand in sample.hands:
            # Cell (i, j) is centred on pixel (stride * i + (stride - 1) / 2).
            du = (hand.u - (stride - 1) / 2) / stride - u
            dv = (hand.v - (stride - 1) / 2) / stride - v
            _paint(maps, k, hand, du, dv, stride, reference_m)
    return maps


def _paint(
    maps: TargetMaps, k: int, hand: HandMark, du: Float32, dv: Float32, stride: int,
    reference_m: float,
) -> None:  # fmt: skip
    square = du * du + dv * dv
    sigma = np.clip(0.55 * hand.radius_px / stride, 0.6, 2.5)
    if not hand.clear:
        maps.ignored[k] |= square < (2.5 * sigma) ** 2
        return
    near = np.exp(-square / (2 * sigma * sigma)).astype(np.float32)
    nearest = square == square.min()
    near[nearest] = 1.0
    maps.presence[k] = np.maximum(maps.presence[k], near)
    maps.ignored[k][nearest] = False
    here = (square < max(1.6, sigma) ** 2) & (near > maps.weight[k])
    maps.weight[k][here] = near[here]
    maps.side[k][here] = hand.right
    maps.geometry[k, 0][here], maps.geometry[k, 1][here] = du[here], dv[here]
    maps.geometry[k, 2][here] = np.log(hand.z / reference_m)
