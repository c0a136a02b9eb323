"""The learner's process over all its lives: started, started again when it ends by itself, ended.

Weights are numbered anew in every life; here they get the numbers that the tracker knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.adaptation.learner_messages import Command, Failed, Message, Report, RollBack
from engine.adaptation.process import AdaptationProcess, ProcessEnded

RESTART_PAUSES_S = (0.5, 2.0, 8.0)
"""Before each further life; after the last of them it stays ended."""

Launch = Callable[[Path, int], AdaptationProcess]
"""Of the weights to begin with and the number of the life, from 1."""


class TendedProcess:
    """All methods belong to one thread, save `kill`."""

    def __init__(self, launch: Launch) -> None:
        """Nothing is started before the first `tend`."""
        self._launch = launch
        self._process: AdaptationProcess | None = None
        self.lives = 0
        """How many learners were started."""
        self._ends = 0
        self._begin_at_s = 0.0
        self._paused = False
        self._numbers = _Numbers(0, 0)
        self._highest = 0
        self._rollbacks = 0
        self._killed = False
        self.heard = False
        """Whether the learner of this life has said anything yet."""
        self.sentence = ""
        """Why it ended, and what follows; empty while well."""
        self.given_up = False

    @property
    def restarts(self) -> int:
        """How often it was started again after it had ended by itself."""
        return self._ends if not self.given_up else max(self._ends - 1, 0)

    @property
    def pid(self) -> int | None:
        """None while there is no process."""
        return self._process.pid if self._process is not None else None

    @property
    def listening(self) -> bool:
        """Whether there is a learner that has finished loading."""
        return self._process is not None and self.heard

    def tend(self, weights: Path, revision: int) -> Report | None:
        """Look after it: its next report, if one came; starts it at `weights` where it is due."""
        if self.given_up or self._killed:
            return None
        if self._process is None:
            if time.monotonic() >= self._begin_at_s:
                self._begin(weights, revision)
            return None
        try:
            message = self._process.poll()
        except ProcessEnded as ended:
            self._ended(str(ended))
            return None
        if isinstance(message, Failed):
            self._ended(message.sentence, for_good=message.by_user)
            return None
        return self._understood(message)

    def send(self, message: Message) -> None:
        """To the learner, if there is one."""
        if self._process is None:
            return
        try:
            self._process.send(message)
        except ProcessEnded as ended:
            self._ended(str(ended))

    def pause(self, paused: bool) -> None:
        """Also for lives to come."""
        self._paused = paused
        self.send(Command.PAUSE if paused else Command.RESUME)

    def roll_back(self, revision: int) -> None:
        """Use no weights newer than `revision`. Reports from before that are not heard."""
        if revision < self._numbers.first:
            self.close()  # It cannot go back beyond its birth: the next life begins further back.
            return
        self._rollbacks += 1
        self.send(RollBack(self._numbers.of_learner(revision)))

    def kill(self) -> None:
        """End it at once and for good, so that nothing waits for it; any thread."""
        self._killed = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process, if there is one, within two seconds."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _begin(self, weights: Path, revision: int) -> None:
        self.lives += 1
        self._highest = max(self._highest, revision)
        self._numbers = _Numbers(revision, self._highest)
        self._rollbacks = 0
        self.heard = False
        self._process = self._launch(weights, self.lives)
        if self._paused:
            self.send(Command.PAUSE)

    def _understood(self, report: Report | None) -> Report | None:
        if report is None:
            return None
        self.heard, self.sentence = True, ""
        if report.rollbacks < self._rollbacks:
            return None
        report = self._numbers.renumbered(report)
        self._highest = max(self._highest, report.progress.revision)
        return report

    def _ended(self, why: str, for_good: bool = False) -> None:
        self.close()
        if self._killed:
            return
        self.given_up = for_good or self._ends >= len(RESTART_PAUSES_S)
        if for_good:
            self.sentence = f"The adaptation stopped: {why} Tracking goes on without it."
        elif self.given_up:
            self.sentence = (
                f"The adaptation stopped for good after {self._ends + 1} attempts ({why}); "
                "tracking goes on with the weights in use. Start the program again to retry."
            )
        else:
            self._begin_at_s = time.monotonic() + RESTART_PAUSES_S[self._ends]
            self.sentence = (
                f"The adaptation stopped ({why}) and is started again; tracking goes on with the "
                "weights in use."
            )
        self._ends += 1


class _Numbers:
    """Revisions of one life, and what the tracker calls them."""

    def __init__(self, first: int, highest: int) -> None:
        """`first` are the weights that this life begins with, `highest` was ever used."""
        self.first = first
        self._highest = highest

    def of_tracker(self, learners: int) -> int:
        return self._highest + learners if learners else self.first

    def of_learner(self, trackers: int) -> int:
        return trackers - self._highest if trackers > self._highest else 0

    def renumbered(self, report: Report) -> Report:
        progress = report.progress
        decisions = tuple(
            replace(decision, revision=self.of_tracker(decision.revision))
            for decision in progress.decisions
        )
        return replace(
            report,
            progress=replace(
                progress, revision=self.of_tracker(progress.revision), decisions=decisions
            ),
        )
