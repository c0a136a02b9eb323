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
from engine.adaptation.settings import ReservoirSettings
from engine.adaptation.teacher import Lesson
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
        kept.append(_Kept(lesson, describe(lesson.pose)))
        limit = self._settings.held_out_capacity if out else self._settings.capacity
        if len(kept) > limit:
            del kept[_most_redundant(kept)]
        return out

    def replace(self, lessons: Sequence[Lesson]) -> None:
        """Better lessons for samples that are kept already, such as with a better shape."""
        by_sample = {id(lesson.sample): lesson for lesson in lessons}
        for side in Side:
            for kept in (*self._learn[side], *self._held[side]):
                kept.lesson = by_sample.get(id(kept.lesson.sample), kept.lesson)

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
        lessons = self.lessons
        if not lessons:
            return []
        urgency = np.array([lesson.urgency for lesson in lessons])
        chosen = rng.choice(len(lessons), count, p=urgency / urgency.sum())
        return [lessons[k] for k in chosen]


def _most_redundant(kept: list[_Kept]) -> int:
    """The lesson nearest to another one; of two the older."""
    points = np.stack([k.description for k in kept])
    squared = (points * points).sum(1)
    apart = squared[:, None] + squared - 2.0 * points @ points.T
    np.fill_diagonal(apart, np.inf)
    return int(apart.min(1).argmin())
