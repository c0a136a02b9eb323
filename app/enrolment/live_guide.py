"""The guided minute of one hand after the other, with the frames to compare on."""

from __future__ import annotations

from collections.abc import Sequence

from app.enrolment.figures import ChipState
from app.enrolment.presenter import GuideLook
from engine.adaptation.before_after import Burst, BurstKeeper
from engine.adaptation.enrolment import Enrolment
from engine.adaptation.person_shape import LEAST_FRAMES
from engine.inference.sighting import Sighting
from engine.messages import Frame, Side
from engine.runtime.clock import NS_PER_S

LONGEST_GAP_NS = 5 * NS_PER_S
"""Time that passed unseen for longer than this does not count: the source was away."""


class SideGuide:
    """One hand."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.enrolment = Enrolment(side)
        self._keeper = BurstKeeper()
        self._skipped: set[int] = set()

    @property
    def bursts(self) -> tuple[Burst, ...]:
        return self._keeper.bursts

    @property
    def finished(self) -> bool:
        return self.enrolment.done

    @property
    def captured(self) -> int:
        return sum(self.enrolment.progress.captured)

    def take(self, frame: Frame, sightings: Sequence[Sighting], time_s: float) -> None:
        before = self.captured
        self.enrolment.add(sightings, time_s)
        self._keeper.add(frame)
        if self.captured > before:
            # A pose was just held: the hand rests in these frames.
            self._keeper.keep()

    def interrupt(self) -> None:
        """The next frame does not follow the last one."""
        self._keeper.interrupt()

    def skip(self) -> None:
        self._skipped.add(self.enrolment.progress.index)
        self.enrolment.skip()

    def states(self) -> tuple[tuple[str, ChipState], ...]:
        """Every pose by name."""
        progress = self.enrolment.progress
        return tuple(
            (step.name, self._state(index, progress.captured[index], progress.index))
            for index, step in enumerate(self.enrolment.steps)
        )

    def _state(self, index: int, captured: bool, now: int) -> ChipState:
        if captured:
            return ChipState.DONE
        if index in self._skipped:
            return ChipState.SKIPPED
        return ChipState.NOW if index == now else ChipState.OPEN


class LiveGuide:
    """All hands that were asked for."""

    def __init__(self, sides: tuple[Side, ...]) -> None:
        """At least one side."""
        self.guides = tuple(SideGuide(side) for side in sides)
        self._last_ns, self._time_ns = -1, 0
        """Of the newest frame on its own timeline, and of the guided minute."""

    def take(self, frame: Frame, sightings: Sequence[Sighting]) -> None:
        """What was seen in a frame; the same one again is passed over.

        A source that begins anew, or another one, goes on where the last one was.
        """
        passed_ns = frame.time_ns - self._last_ns if self._last_ns >= 0 else 0
        if self._last_ns == frame.time_ns:
            return
        if not 0 <= passed_ns < LONGEST_GAP_NS:
            self._now.interrupt()
            passed_ns = 0
        self._last_ns = frame.time_ns
        self._time_ns += passed_ns
        self._now.take(frame, sightings, self._time_ns / NS_PER_S)

    def skip(self) -> None:
        self._now.skip()

    def look(self) -> GuideLook:
        guide, progress = self._now, self._now.enrolment.progress
        step = progress.step or guide.enrolment.steps[-1]
        return GuideLook(
            side=guide.side,
            step=step,
            states=guide.states(),
            closeness=progress.closeness,
            held=progress.held,
            captured=sum(each.captured for each in self.guides),
            enough=any(each.enrolment.progress.frames >= LEAST_FRAMES for each in self.guides),
            finished=all(each.finished for each in self.guides),
        )

    @property
    def _now(self) -> SideGuide:
        return next((guide for guide in self.guides if not guide.finished), self.guides[-1])
