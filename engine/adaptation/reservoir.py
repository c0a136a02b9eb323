"""What is learnt from: bounded, spread out, with a fifth held out and never learnt from.

Time decides what is held out, in whole blocks, so that a held-out frame has no neighbour in time
among those that are learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.adaptation.collector import describe
from engine.adaptation.sample import AdaptationSample
from engine.adaptation.settings import ReservoirSettings
from engine.adaptation.teacher import Lesson, urgency_of
from engine.messages import Side
from engine.runtime.clock import NS_PER_S

Float64 = npt.NDArray[np.float64]

_MIX = 0x9E3779B1
"""Of Knuth's multiplicative hashing."""

DEFAULT_SETTINGS = ReservoirSettings()


def held_out(time_ns: int, settings: ReservoirSettings) -> bool:
    """Whether a moment belongs to the held-out fifth: one block, chosen by hash, of every five."""
    block = int(time_ns / (settings.block_s * NS_PER_S))
    group, place = divmod(block, settings.held_out_of)
    return ((group * _MIX & 0xFFFFFFFF) >> 16) % settings.held_out_of == place


@dataclass(slots=True)
class _Kept:
    lesson: Lesson
    description: Float64
    urgency: float


class Reservoir:
    """Lessons of both sides, learnt from and held out apart."""

    def __init__(self, settings: ReservoirSettings = DEFAULT_SETTINGS) -> None:
        self._settings = settings
        self._learn: dict[Side, list[_Kept]] = {side: [] for side in Side}
        self._held: dict[Side, list[_Kept]] = {side: [] for side in Side}

    def knows(self, lesson: Lesson) -> bool:
        """Whether a lesson of the same side that is kept already says the same."""
        side, description = lesson.sample.side, describe(lesson.pose)
        kept = (*self._learn[side], *self._held[side])
        apart = (np.linalg.norm(one.description - description) for one in kept)
        return any(distance < self._settings.least_apart for distance in apart)

    def add(self, lesson: Lesson) -> bool:
        """Keep a lesson; True where it is held out. A full side loses its most redundant one."""
        out = held_out(lesson.sample.time_ns, self._settings)
        kept = (self._held if out else self._learn)[lesson.sample.side]
        kept.append(_kept(lesson))
        limit = self._settings.held_out_capacity if out else self._settings.capacity
        if len(kept) > limit:
            del kept[_most_redundant(kept)]
        return out

    def replace(self, sample: AdaptationSample, lesson: Lesson | None) -> None:
        """A better lesson for a sample, if it is kept still, such as with a better shape; None
        drops it."""
        for kept in (self._learn[sample.side], self._held[sample.side]):
            for place, one in enumerate(kept):
                if one.lesson.sample is sample:
                    kept[place : place + 1] = [] if lesson is None else [_kept(lesson)]
                    return

    def explain(self, lessons: Sequence[Lesson], apart_m: Sequence[float]) -> None:
        """How far the copy that learns is from each of these lessons now, metres: those that it
        explains worst come more often, and stay longer."""
        urgency = {id(one): urgency_of(apart) for one, apart in zip(lessons, apart_m, strict=True)}
        for kept in (one for side in Side for one in self._learn[side]):
            kept.urgency = urgency.get(id(kept.lesson), kept.urgency)

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """To learn from."""
        return tuple(kept.lesson for side in Side for kept in self._learn[side])

    @property
    def held_out(self) -> tuple[Lesson, ...]:
        """To be judged by, oldest first on each side."""
        return tuple(kept.lesson for side in Side for kept in self._held[side])

    def draw(self, rng: np.random.Generator, count: int) -> list[Lesson]:
        """Lessons for a step, with replacement; the network's worst come more often."""
        kept = [one for side in Side for one in self._learn[side]]
        if not kept:
            return []
        urgency = np.array([one.urgency for one in kept])
        chosen = rng.choice(len(kept), count, p=urgency / urgency.sum())
        return [kept[k].lesson for k in chosen]


def _kept(lesson: Lesson) -> _Kept:
    return _Kept(lesson, describe(lesson.pose), lesson.urgency)


def _most_redundant(kept: list[_Kept]) -> int:
    """The lesson nearest to another one; of two the one that is explained better."""
    points = np.stack([k.description for k in kept])
    squared = (points * points).sum(1)
    apart = squared[:, None] + squared - 2.0 * points @ points.T
    np.fill_diagonal(apart, np.inf)
    first, second = divmod(int(apart.argmin()), len(kept))
    return first if kept[first].urgency <= kept[second].urgency else second
