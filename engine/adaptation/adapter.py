"""The adaptation without threads: samples in, decisions and weights out.

Whoever owns an Adapter chooses when it works and for how long; `app eval --adapt` after every
frame, the live tracker in a process of its own.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from engine.adaptation.decision import NAN, Decision
from engine.adaptation.gate import Offer, got_worse, objection
from engine.adaptation.learner import Learner, all_finite, halfway, relative_change
from engine.adaptation.lesson_book import LessonBook
from engine.adaptation.personal_pool import PersonalPool
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.sample import AdaptationSample
from engine.adaptation.score import HeldOutScore, Scorer
from engine.adaptation.settings import AdaptationSettings
from engine.adaptation.source_set import REHEARSED_SEED, source_set
from engine.adaptation.weights_store import WeightsStore, as_stored
from engine.hand.model import load_hand_model
from engine.inference.single_view import single_view_network
from engine.nets.single_view import SingleViewNet
from engine.nets.weights_file import load_network
from engine.runtime.clock import monotonic_ns

REHEARSAL_FACTOR = 4
"""Samples to rehearse, per sample to be judged on."""


class Adapter:
    """Owns lessons, the training copy and the weights in use. Belongs to one thread."""

    def __init__(self, settings: AdaptationSettings, weights: Path, folder: Path) -> None:
        """Begin at `weights`; adapted ones are written into `folder`.

        Raises:
            WeightsError: the weights, or those that ship, are missing, damaged or of another kind.
        """
        torch.set_num_threads(settings.threads)
        model = load_hand_model()
        self._settings = settings
        self._store = WeightsStore(weights, folder)
        # Not those that it begins with: a person's may have lost something in every session.
        self._shipped = load_network(single_view_network().weights)
        self._rng = np.random.default_rng(settings.seed)
        self._book = LessonBook(model, settings)
        self._scorer = Scorer(model, source_set(model, settings.source_samples))
        rehearsal = source_set(model, REHEARSAL_FACTOR * settings.source_samples, REHEARSED_SEED)
        self._learner = Learner(self._store.first.net, model, settings.learn, rehearsal, self._rng)
        self._personal = PersonalPool(model, self._rng, settings.learn.personal)
        self._source_first = self._scorer.source_mm(self._shipped)
        self._steps, self._step_s, self._refusals = 0, 0.0, 0
        self._began_again_at = 0
        self._losses: dict[str, float] = {}
        self._decisions: list[Decision] = []

    @property
    def weights(self) -> Path:
        """The safetensors file in use."""
        return self._store.current.path

    @property
    def revision(self) -> int:
        """Of the weights in use; 0 are those that it began with."""
        return self._store.current.revision

    @property
    def progress(self) -> AdaptationProgress:
        """How far it is; a copy, for other threads and processes."""
        reservoir = self._book.reservoir
        return AdaptationProgress(
            steps=self._steps,
            steps_per_s=self._steps / self._step_s if self._step_s > 0 else 0.0,
            samples=len(reservoir.lessons),
            held_out=len(reservoir.held_out),
            losses=dict(self._losses),
            revision=self.revision,
            decisions=tuple(self._decisions),
            refused=dict(self._book.refused),
        )

    def add(self, sample: AdaptationSample) -> None:
        """Give it a sample; costs nothing, the work is done in `work`."""
        self._book.add(sample)

    def work(
        self, *, seconds: float | None = None, steps: int | None = None
    ) -> tuple[Decision, ...]:
        """Teach what waits, then learn, for a time or a number of steps; what was decided.

        Without enough samples to learn from nothing is learnt and the call returns early.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        left = steps if steps is not None else (10**9 if seconds is not None else 1)
        decided: list[Decision] = []
        while left > 0 and (ends is None or time.monotonic() < ends):
            if self._book.teach_next():
                continue
            if not self._ready:
                break
            self._learn()
            left -= 1
            if (self._steps - self._began_again_at) % self._settings.gate.every_steps == 0:
                decided += self._decide()
        self._decisions.extend(decided)
        return tuple(decided)

    def roll_back(self, revision: int) -> None:
        """Use no weights newer than `revision`, from now on. No decision of its own: whoever asks
        knows why."""
        if self._store.roll_back(revision):
            self._begin_again()

    @property
    def _ready(self) -> bool:
        reservoir, gate = self._book.reservoir, self._settings.gate
        return (
            len(reservoir.lessons) >= gate.least_lessons
            and len(reservoir.held_out) >= gate.least_held_out
        )

    def _learn(self) -> None:
        started = time.perf_counter()
        lessons = self._book.reservoir.draw(self._rng, self._settings.learn.lessons)
        losses = self._learner.step(lessons, self._personal.draw(self._book.reservoir.lessons))
        self._book.reservoir.explain(lessons, self._learner.apart_m)
        for name, value in losses.items():
            self._losses[name] = 0.95 * self._losses.get(name, value) + 0.05 * value
        self._steps += 1
        self._step_s += time.perf_counter() - started

    def _decide(self) -> list[Decision]:
        """What the watch and the gate say after some steps."""
        watched = self._watch()
        return [watched] if watched is not None else [self._ask_gate()]

    def _ask_gate(self) -> Decision:
        # Half of the way to what was learnt gains nearly as much and forgets less than half.
        offered = as_stored(halfway(self._store.current.net, self._learner.average))
        before, offer = self._offer(offered)
        reason = objection(offer, self._settings.gate)
        if not reason:
            self._store.accept(offered, {"task": "adapted to a person", "steps": self._steps})
            self._refusals = 0
            self._book.forget_new()
        else:
            self._refused()
        return self._decision(
            reason or "better on held-out samples", not reason, before, offer.after,
            offer.source_after,
        )  # fmt: skip

    def _offer(self, offered: SingleViewNet) -> tuple[HeldOutScore, Offer]:
        held = self._book.reservoir.held_out
        before = self._scorer.held_out(self._store.current.net, held)
        finite = all_finite(offered)
        offer = Offer(
            lessons=len(self._book.reservoir.lessons),
            before=before,
            after=self._scorer.held_out(offered, held) if finite else before,
            source_first=self._source_first,
            source_before=self._scorer.source_mm(self._store.current.net),
            source_after=self._scorer.source_mm(offered) if finite else float("inf"),
            finite=finite,
            step_size=relative_change(offered, self._shipped),
        )
        return before, offer

    def _refused(self) -> None:
        self._refusals += 1
        if self._refusals >= self._settings.gate.refusals:
            self._learner.restart(self._store.current.net)
            self._refusals = 0

    def _watch(self) -> Decision | None:
        """Roll back where samples of after the last acceptance prefer the former weights."""
        former = self._store.former
        new = self._book.newly_held_out
        if former is None or len(new) < self._settings.gate.least_held_out:
            return None
        then = self._scorer.held_out(former.net, new)
        now = self._scorer.held_out(self._store.current.net, new)
        self._book.forget_new()
        if not got_worse(then, now, self._settings.gate):
            return None
        self.roll_back(former.revision)
        return self._decision(
            "new samples prefer the former weights", False, then, now, NAN, rolled_back=True
        )

    def _begin_again(self) -> None:
        """After a rollback: learning goes on from the weights that are back, with a new cycle of
        its rate, at whose end the gate is asked."""
        self._learner.restart(self._store.current.net)
        self._began_again_at = self._steps
        self._book.forget_new()
        self._refusals = 0

    def _decision(
        self,
        reason: str,
        accepted: bool,
        before: HeldOutScore,
        after: HeldOutScore,
        source_after: float,
        rolled_back: bool = False,
    ) -> Decision:
        return Decision(
            time_s=monotonic_ns() / 1e9,
            step=self._steps,
            accepted=accepted,
            reason=reason,
            held_out_before=before.total,
            held_out_after=after.total,
            source_before=self._source_first,
            source_after=source_after,
            revision=self.revision,
            rolled_back=rolled_back,
        )
