"""The guided minute: follows a new person through the poses and keeps frames to learn from.

`Enrolment` belongs to whoever hears of every tracked frame (a command's loop, or the tracker's
thread): `add` is cheap and never fits anything. `enrolment_result`, in the file of that name, does
the careful work at the end.

Poses may come in any order and early ones count: whichever open pose is held gets its tick. A pose
that does not come within its time is put off and asked for once more at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from engine.adaptation.enrolment_poses import STEPS, EnrolmentStep
from engine.adaptation.person_shape import ShapeFrame
from engine.inference.fitting import observe_hand
from engine.inference.sighting import Sighting
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

CLOSE_ENOUGH = 0.5
"""Closeness from which a pose counts as held."""
STEP_LIMIT_S = 7.0
"""A pose that does not come within this time is put off."""
FLICKER_S = 0.25
"""A pose may be lost for so long while it is held: tracking errs, hands tremble."""
ABSENT_S = 0.5
"""A hand that was not seen for so long begins to hold its pose anew."""
LEAST_TRUST = 0.6
WORST_RESIDUAL_M = 0.006
"""Frames that fit worse are not learnt from; a stranger's hand fits loosely at first."""
KEPT_PER_STEP, KEPT_BETWEEN = 3, 24
APART_S = 0.25
"""Least time between two kept frames: neighbours say the same."""


@dataclass(frozen=True, slots=True)
class EnrolledFrame:
    """One frame that was kept."""

    step: int | None
    """Index of the pose that was held, or None for a moment in between."""
    time_s: float
    sighting: Sighting
    frame: ShapeFrame


@dataclass(frozen=True, slots=True)
class EnrolmentProgress:
    """One look at an enrolment."""

    side: Side | None
    """None until a hand was seen, where none was named."""
    index: int
    """Of the pose that is asked for now."""
    step: EnrolmentStep | None
    """That pose; None when all is over."""
    closeness: float
    """0..1, of the hand to that pose."""
    held: float
    """0..1: share of the time it must be held."""
    captured: tuple[bool, ...]
    """For every pose; a new True is a tick."""
    frames: int
    elapsed_s: float
    seconds: float
    """When the enrolment ends at the latest."""
    hand_seen: bool

    @property
    def done(self) -> bool:
        return self.step is None

    @property
    def sentence(self) -> str:
        """What to show."""
        if self.step is None:
            missed = self.captured.count(False)
            return "Done." if not missed else f"Done; {missed} of the poses were not seen."
        if not self.hand_seen:
            return "Show your hand to the camera, 30 to 70 cm away."
        return self.step.sentence


@dataclass(slots=True)
class _Hold:
    """How long a pose has been held, and the frames of that."""

    since_s: float | None = None
    last_s: float = 0.0
    frames: list[EnrolledFrame] = field(default_factory=list)


class Enrolment:
    """One person's hand through the poses."""

    def __init__(
        self,
        side: Side | None = None,
        steps: Sequence[EnrolmentStep] = STEPS,
        seconds: float = 90.0,
    ) -> None:
        """`side`: which hand to look at; None takes the first one that is seen. Until a pose of it
        is captured, the tracker may still find that it is the other one."""
        self._side, self._named = side, side is not None
        self.steps = tuple(steps)
        self._seconds = seconds
        self._queue = list(range(len(self.steps)))
        self._put_off: set[int] = set()
        self._captured = [False] * len(self.steps)
        self._holds = [_Hold() for _ in self.steps]
        self._kept: list[EnrolledFrame] = []
        self._start_s: float | None = None
        self._asked_s = self._now_s = self._last_kept_s = 0.0
        self._closeness = 0.0
        self._seen = False

    def add(self, sightings: Sequence[Sighting], time_s: float) -> EnrolmentProgress:
        """Hear of a tracked frame, with or without hands; times must not go back."""
        if self._start_s is None:
            self._start_s = self._asked_s = time_s
            self._last_kept_s = time_s - APART_S
        self._now_s = time_s
        mine = self._mine(sightings)
        self._seen = bool(mine)
        self._closeness = 0.0
        if mine and not self.done:
            sighting = max(mine, key=lambda s: s.trusted)
            self._look_at(sighting.side)
            self._look(sighting, time_s)
        if time_s - self._asked_s > STEP_LIMIT_S and not self.done:
            self._postpone()
        return self.progress

    def skip(self) -> EnrolmentProgress:
        """Give the present pose up for good."""
        if self._queue:
            self._queue.pop(0)
            self._asked_s = self._now_s
        return self.progress

    @property
    def done(self) -> bool:
        """Whether all poses were captured or given up, or the time is over."""
        over = self._start_s is not None and self._now_s - self._start_s >= self._seconds
        return over or not self._queue

    @property
    def frames(self) -> tuple[EnrolledFrame, ...]:
        """What was kept so far."""
        return tuple(sorted(self._kept, key=lambda kept: kept.time_s))

    @property
    def progress(self) -> EnrolmentProgress:
        done = self.done
        index = self._queue[0] if self._queue else len(self.steps)
        held = 0.0 if done else self._held_s(index) / self.steps[index].hold_s
        return EnrolmentProgress(
            side=self._side,
            index=index,
            step=None if done else self.steps[index],
            closeness=self._closeness,
            held=float(np.clip(held, 0.0, 1.0)),
            captured=tuple(self._captured),
            frames=len(self._kept),
            elapsed_s=0.0 if self._start_s is None else self._now_s - self._start_s,
            seconds=self._seconds,
            hand_seen=self._seen,
        )

    def _mine(self, sightings: Sequence[Sighting]) -> Sequence[Sighting]:
        """Those of the hand that is looked at."""
        mine = [s for s in sightings if s.side is self._side]
        settled = self._named or any(self._captured)
        return mine if mine or settled else sightings

    def _look_at(self, side: Side) -> None:
        """What was kept as another hand's was the mirror image of this one."""
        if self._side is not None and side is not self._side:
            self._holds = [_Hold() for _ in self.steps]
            self._kept.clear()
        self._side = side

    def _look(self, sighting: Sighting, time_s: float) -> None:
        kept = self._keep(sighting, time_s)
        pose, keypoints = sighting.fit.pose, sighting.fit.keypoints
        for index in list(self._queue):
            closeness = self.steps[index].closeness_in_view(pose, keypoints)
            if index == self._queue[0]:
                self._closeness = closeness
            self._hold(index, closeness, time_s, kept)
        self._tick()
        between = sum(entry.step is None for entry in self._kept)
        taken = kept is not None and any(entry.time_s == time_s for entry in self._kept)
        if kept is not None and not taken and between < KEPT_BETWEEN:
            self._kept.append(kept)

    def _keep(self, sighting: Sighting, time_s: float) -> EnrolledFrame | None:
        """The frame, where it can be learnt from and is not like the last one."""
        if time_s - self._last_kept_s < APART_S:
            return None
        if sighting.trusted < LEAST_TRUST or sighting.fit.residual_m > WORST_RESIDUAL_M:
            return None
        centre = sighting.fit.keypoints[1:].mean(0)
        observation = observe_hand(sighting.view.depth_m, sighting.view.camera, centre)
        if observation is None:
            return None
        self._last_kept_s = time_s
        return EnrolledFrame(None, time_s, sighting, ShapeFrame(observation, sighting.fit.pose))

    def _hold(
        self, index: int, closeness: float, time_s: float, kept: EnrolledFrame | None
    ) -> None:
        close = closeness >= CLOSE_ENOUGH
        if time_s - self._holds[index].last_s > (ABSENT_S if close else FLICKER_S):
            self._holds[index] = _Hold()
        if not close:
            return
        hold = self._holds[index]
        hold.since_s = time_s if hold.since_s is None else hold.since_s
        hold.last_s = time_s
        if kept is not None and len(hold.frames) < KEPT_PER_STEP:
            hold.frames.append(EnrolledFrame(index, kept.time_s, kept.sighting, kept.frame))

    def _held_s(self, index: int) -> float:
        hold = self._holds[index]
        if hold.since_s is None or self._now_s - hold.last_s > ABSENT_S:
            return 0.0
        return hold.last_s - hold.since_s

    def _tick(self) -> None:
        """Capture every open pose that was held long enough."""
        for index in list(self._queue):
            hold = self._holds[index]
            if self._held_s(index) < self.steps[index].hold_s or not hold.frames:
                continue
            self._captured[index] = True
            times = {kept.time_s for kept in hold.frames}
            self._kept = [kept for kept in self._kept if kept.time_s not in times]
            self._kept += hold.frames
            if self._queue[0] == index:
                self._asked_s = self._now_s
            self._queue.remove(index)

    def _postpone(self) -> None:
        """Ask for the next pose; this one comes again at the end, once."""
        index = self._queue.pop(0)
        if index not in self._put_off:
            self._put_off.add(index)
            self._queue.append(index)
        self._asked_s = self._now_s
