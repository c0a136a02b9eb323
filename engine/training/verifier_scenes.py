"""Samples for the verifier: places in whole scenes, seen closely, with and without a palm there.

Places without a palm are those that a localiser takes for hands (where one is given), points on
arms, heads and things, and points a hand's length beside a palm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.inference.localiser_view import FOCAL_PX
from engine.inference.verifier import VIEW_M, VIEW_PX, relative_depth
from engine.messages import Float32, Side
from engine.render.coarse_sensor import apply_coarse_sensor
from engine.render.scene import (
    Float64,
    HandLooks,
    RenderedScene,
    SceneGeometry,
    render_scene,
    sample_scene,
)
from engine.training.localiser_scenes import HEIGHT_PX, WIDTH_PX, prepare_looks
from engine.training.poses import sample_view

HAND_COUNTS = (0, 1, 2)
HAND_COUNT_SHARES = (0.4, 0.35, 0.25)
THERE_M, ELSEWHERE_M = 0.05, 0.10
"""A palm closer than the first is there; farther than the second it is not; between, no sample."""
VISIBLE = 0.5
MARGIN_PX = 8
"""Rendered around the view, so that sensor models find neighbours at its border."""
PLACES = 4
"""Tried in every scene."""

FRAME = PinholeCamera(
    WIDTH_PX, HEIGHT_PX, FOCAL_PX, FOCAL_PX, (WIDTH_PX - 1) / 2, (HEIGHT_PX - 1) / 2
)
"""The whole scene, coarsely."""

Proposer = Callable[[Float32], list[Float64]]
"""Places [3] that a localiser takes for hands in a depth image of `FRAME`."""


@dataclass(frozen=True, slots=True)
class VerifierSample:
    """A view before the sensor, and what is there."""

    window_m: Float32
    """[VIEW_PX + 2 MARGIN_PX, same] metres, 0 = nothing."""
    z: float
    """Distance of the place, metres."""
    present: bool
    right: bool


def scene_samples(
    rng: np.random.Generator, looks: dict[Side, list[HandLooks]], propose: Proposer | None
) -> list[VerifierSample]:
    """Samples of one random scene."""
    count = int(rng.choice(HAND_COUNTS, p=HAND_COUNT_SHARES))
    first = Side.RIGHT if rng.random() < 0.5 else Side.LEFT
    hands = tuple(
        looks[side][int(rng.integers(len(looks[side])))] for side in (first, first.other)[:count]
    )
    geometry = sample_scene(rng, FRAME, hands, R_hand=sample_view(rng))
    rendered = render_scene(geometry, FRAME)
    places = [_beside_palm(rng, hand.palm_centre) for hand in geometry.hands]
    places += propose(apply_coarse_sensor(rendered.depth_m, rng)) if propose else []
    places += [_on_a_surface(rng, rendered.depth_m) for _ in range(PLACES - 2)]
    samples = [_sample_at(rng, geometry, rendered, place) for place in places[: PLACES + 1]]
    return [sample for sample in samples if sample is not None]


def _beside_palm(rng: np.random.Generator, palm: Float64) -> Float64:
    """Mostly as far off as a localiser or a tracker is, now and then clearly beside."""
    chance = rng.random()
    if chance < 0.5:
        offset = rng.normal(0, 0.013, 3)
    elif chance < 0.85:
        offset = rng.uniform(-0.03, 0.03, 3)
    else:
        direction = rng.normal(size=3)
        offset = direction / np.linalg.norm(direction) * rng.uniform(0.1, 0.18)
    moved: Float64 = palm + offset
    return moved


def _on_a_surface(rng: np.random.Generator, depth_m: Float32) -> Float64 | None:
    """A random point, a little behind what is seen, as palms are."""
    rows, columns = np.nonzero((depth_m > 0.2) & (depth_m < 1.4))
    if len(rows) == 0:
        return None
    k = int(rng.integers(len(rows)))
    z = float(depth_m[rows[k], columns[k]]) + rng.uniform(0.0, 0.02)
    return FRAME.unproject(np.array([columns[k], rows[k]]), np.array(z))


def _sample_at(
    rng: np.random.Generator,
    geometry: SceneGeometry,
    rendered: RenderedScene,
    place: Float64 | None,
) -> VerifierSample | None:
    """The view of a place; None where it is neither a clear palm nor clearly none."""
    if place is None or not 0.15 < place[2] < 1.6:
        return None
    distances = [float(np.linalg.norm(hand.palm_centre - place)) for hand in geometry.hands]
    nearest = int(np.argmin(distances)) if distances else -1
    present = nearest >= 0 and distances[nearest] < THERE_M
    if nearest >= 0 and THERE_M <= distances[nearest] < ELSEWHERE_M:
        return None
    if present and rendered.visible[nearest] < VISIBLE:
        return None
    right = present and geometry.hands[nearest].looks.side is Side.RIGHT
    camera = _view_camera(rng, place)
    window = render_scene(geometry, camera, with_visibility=False).depth_m
    return VerifierSample(window, float(place[2]), present, right)


def _view_camera(rng: np.random.Generator, place: Float64) -> PinholeCamera:
    """A camera that sees the view of a place and its margin; sizes vary as focal errors do."""
    size = VIEW_PX + 2 * MARGIN_PX
    focal = VIEW_PX / VIEW_M * place[2] * rng.uniform(0.97, 1.03)
    middle = (size - 1) / 2 - focal * place[:2] / place[2]
    return PinholeCamera(size, size, focal, focal, float(middle[0]), float(middle[1]))


def noisy_view(rng: np.random.Generator, sample: VerifierSample) -> tuple[Float32, bool]:
    """The view [64, 64] through a random device, half of the time mirrored; and whether right."""
    window = apply_coarse_sensor(sample.window_m, rng)
    if rng.random() < 0.12:
        window = _cut_by_image_border(rng, window)
    window = window[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
    right = sample.right
    if rng.random() < 0.5:
        window, right = window[:, ::-1], not right
    return relative_depth(np.ascontiguousarray(window), sample.z), right


def _cut_by_image_border(rng: np.random.Generator, window: Float32) -> Float32:
    """Part of the view lies outside the picture."""
    quarters = int(rng.integers(4))
    turned = np.rot90(window, quarters).copy()
    turned[int(len(turned) * rng.uniform(0.6, 1.0)) :] = 0
    return np.rot90(turned, -quarters)


class VerifierPool:
    """Clean samples that are replaced one by one while batches are drawn from them."""

    def __init__(
        self, seed: int, size: int, uses: int, looks: int, propose: Proposer | None
    ) -> None:
        self._rng = np.random.default_rng([seed, 13])
        self._looks = prepare_looks(self._rng, looks)
        self._size, self._uses, self._propose = size, uses, propose
        self._samples: list[VerifierSample] = []
        self._oldest = 0

    def batches(self, batch: int) -> Iterator[list[VerifierSample]]:
        """Endless batches; `noisy_view` makes views of them."""
        while True:
            self._renew(max(1, batch // self._uses))
            picks = self._rng.integers(0, len(self._samples), batch)
            yield [self._samples[k] for k in picks]

    def _renew(self, count: int) -> None:
        missing = min(400, self._size) - len(self._samples)
        added = 0
        while added < max(count, missing):
            for sample in scene_samples(self._rng, self._looks, self._propose):
                added += 1
                if len(self._samples) < self._size:
                    self._samples.append(sample)
                else:
                    self._samples[self._oldest] = sample
                    self._oldest = (self._oldest + 1) % self._size
