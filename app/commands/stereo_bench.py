"""How long a stereo pair in memory takes to become a mesh: rectified, matched, estimated.

Pairs of 640x480 are rendered beforehand, of several people, rooms and rigs. Reading and estimating
take turns on one thread here; live, the next pair is matched while this one is estimated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from app.progress import progress
from engine.capture.camera import Attentive, Camera
from engine.capture.sources import open_camera
from engine.evaluation.report import Percentiles, percentiles
from engine.inference.estimator import Estimator
from engine.messages import FrameSet

SEEDS = (0, 1, 2, 3)
FILM = 40
"""Pairs rendered of each seed; they are shown to and fro."""
WARM_UP = 15


@dataclass(frozen=True, slots=True)
class StereoTimes:
    """One pair, seconds."""

    matching: float
    """Rectifying included."""
    estimating: float
    followed: bool
    """Whether a hand was found."""


@dataclass(frozen=True, slots=True)
class StereoFigures:
    """Of all pairs, milliseconds."""

    pairs: int
    found: int
    matching: Percentiles
    estimating: Percentiles
    total: Percentiles

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measure_stereo(estimator: Estimator, pairs: int) -> StereoFigures:
    """About so many pairs, an equal share of each seed."""
    share = max(pairs // len(SEEDS), 1)
    measured = chain.from_iterable(_film(estimator, seed, share) for seed in SEEDS)
    times = list(progress(measured, share * len(SEEDS), "stereo"))
    return StereoFigures(
        pairs=len(times),
        found=sum(t.followed for t in times),
        matching=_ms([t.matching for t in times]),
        estimating=_ms([t.estimating for t in times]),
        total=_ms([t.matching + t.estimating for t in times]),
    )


def stereo_lines(figures: StereoFigures) -> list[str]:
    """For people."""
    rows = (
        ("pair to scene", figures.total),
        ("  rectify and match", figures.matching),
        ("  estimate", figures.estimating),
    )
    return [
        f"stereo, 640x480: hands found in {figures.found} of {figures.pairs} pairs",
        f"{'latency, ms':28}{'median':>10}{'p95':>10}",
        *(f"{name:28}{t.median:>10.2f}{t.p95:>10.2f}" for name, t in rows),
    ]


def _film(estimator: Estimator, seed: int, pairs: int) -> Iterator[StereoTimes]:
    estimator.reset()
    with open_camera(f"sim-stereo:seed={seed},film={FILM}") as camera:
        for _ in range(WARM_UP):
            _pair(camera, estimator)
        for _ in range(pairs):
            yield _pair(camera, estimator)


def _pair(camera: Camera, estimator: Estimator) -> StereoTimes:
    began = time.perf_counter()
    frame = camera.read()
    matched = time.perf_counter()
    scene = estimator.estimate(FrameSet((frame,)))
    done = time.perf_counter()
    estimator.settle()
    if isinstance(camera, Attentive):
        camera.expect(scene)
    return StereoTimes(matched - began, done - matched, bool(scene.hands))


def _ms(seconds: list[float]) -> Percentiles:
    return percentiles([1000 * s for s in seconds])
