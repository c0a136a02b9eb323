"""Samples become lessons here: taught, kept apart, and taught anew when the person is known better.

The person's shape comes from the lessons themselves (about twenty spread frames tell it).
"""

from __future__ import annotations

from collections import Counter, deque

import numpy as np
import numpy.typing as npt

from engine.adaptation.reservoir import Reservoir
from engine.adaptation.sample import AdaptationSample
from engine.adaptation.settings import AdaptationSettings
from engine.adaptation.teacher import Lesson, Teacher, observe
from engine.hand.model import HandModel
from engine.inference.fitting import estimate_shape
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

MOST_WAITING = 120


class LessonBook:
    """Reservoir and teacher with the shapes of both hands. Belongs to one thread."""

    def __init__(self, model: HandModel, settings: AdaptationSettings) -> None:
        self.reservoir = Reservoir(settings.reservoir)
        self._teacher = Teacher(model, settings.teacher)
        self._settings = settings.teacher
        self._waiting: deque[AdaptationSample] = deque(maxlen=MOST_WAITING)
        self._again: deque[AdaptationSample] = deque()
        self._shapes: dict[Side, Float64 | None] = dict.fromkeys(Side)
        self._taught = dict.fromkeys(Side, 0)
        self._next_shape = dict.fromkeys(Side, self._settings.shape_again)
        self.refused: Counter[str] = Counter()
        self._new: list[AdaptationSample] = []

    @property
    def newly_held_out(self) -> list[Lesson]:
        """Held-out lessons that came since the last `forget_new` and are kept."""
        new = {id(sample) for sample in self._new}
        return [lesson for lesson in self.reservoir.held_out if id(lesson.sample) in new]

    def add(self, sample: AdaptationSample) -> None:
        """Queue a sample; the oldest gives way where the teacher cannot keep up."""
        self._waiting.append(sample)

    def forget_new(self) -> None:
        """Held-out lessons count as new from now on: other weights are in use."""
        self._new = []

    def teach_next(self) -> bool:
        """Teach one waiting sample; False where none waits. Tens of milliseconds."""
        if self._waiting:
            self._teach_new(self._waiting.popleft())
        elif self._again:
            self._teach_again(self._again.popleft())
        else:
            return False
        return True

    def _teach_new(self, sample: AdaptationSample) -> None:
        verdict = self._teacher.teach(sample, self._shape_for(sample))
        if verdict.lesson is None:
            self.refused[verdict.refused] += 1
            return
        if self.reservoir.knows(verdict.lesson):
            self.refused["nothing new"] += 1
            return
        if self.reservoir.add(verdict.lesson):
            self._new = [lesson.sample for lesson in self.newly_held_out] + [sample]
        self._taught[sample.side] += 1
        if self._taught[sample.side] >= self._next_shape[sample.side]:
            self._know_shape(sample.side)

    def _teach_again(self, sample: AdaptationSample) -> None:
        """With the shape that is known better by now; what is believed no more is dropped."""
        self.reservoir.replace(sample, self._teacher.teach(sample, self._shape_for(sample)).lesson)

    def _shape_for(self, sample: AdaptationSample) -> Float64:
        shape = self._shapes[sample.side]
        return sample.shape if shape is None else shape

    def _know_shape(self, side: Side) -> None:
        """Estimate the shape from the best lessons; every kept sample is then taught again."""
        self._next_shape[side] = 3 * self._taught[side]
        kept = [lesson for lesson in self.reservoir.lessons if lesson.sample.side is side]
        best = sorted(kept, key=lambda lesson: lesson.residual_m)[: 2 * self._settings.shape_frames]
        chosen = best[:: max(1, len(best) // self._settings.shape_frames)]
        pairs = [(observe(lesson.sample), lesson.pose) for lesson in chosen]
        seen = [(observation, pose) for observation, pose in pairs if observation is not None]
        if len(seen) < self._settings.shape_frames // 2:
            return
        shape, _ = estimate_shape(self._teacher.fitter, [o for o, _ in seen], [p for _, p in seen])
        self._shapes[side] = shape
        held = (lesson for lesson in self.reservoir.held_out if lesson.sample.side is side)
        self._again.extend(lesson.sample for lesson in (*kept, *held))
