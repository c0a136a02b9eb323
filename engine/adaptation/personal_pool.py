"""Rendered samples of the person, made as they are needed and used a few times each."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from engine.adaptation.personal_synthesis import personal_samples
from engine.adaptation.teacher import Lesson
from engine.hand.model import HandModel
from engine.training.data import Batch, collate
from engine.training.synthesis import Sample

HELD = 192
"""Samples that wait; the oldest give way."""
A_HAND = 4
"""Samples of one rendered hand: rendering costs more than the sensor's noise on top."""


class PersonalPool:
    """Gives `count` samples a step and renders one hand for it."""

    def __init__(self, model: HandModel, rng: np.random.Generator, count: int) -> None:
        self._model = model
        self._rng = rng
        self._count = count
        self._held: deque[Sample] = deque(maxlen=HELD)

    def draw(self, lessons: Sequence[Lesson]) -> list[Batch]:
        """One batch of samples like the lessons; nothing where none are wanted."""
        if not self._count or not lessons:
            return []
        for _ in range(3):
            lesson = lessons[int(self._rng.integers(len(lessons)))]
            self._held.extend(personal_samples(self._rng, self._model, lesson, A_HAND))
            if len(self._held) >= self._count:
                break
        rows = self._rng.integers(len(self._held), size=self._count) if self._held else ()
        return [collate([self._held[int(k)] for k in rows])] if len(rows) else []
