"""The guided minute of a new user, computed from facts. Knows nothing of Qt.

A guide takes in what is seen and says how far it is; when it has enough, measuring goes on in the
background. Which page is shown follows from what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.background import Work
from app.enrolment.figures import Chip, ChipState, Guide, Page, Result
from engine.adaptation.enrolment_poses import EnrolmentStep
from engine.adaptation.profile import Profile
from engine.capture.camera import CameraInfo
from engine.inference.sighting import Sighting
from engine.messages import Frame, HandState, Scene, Side

LOST_NS = 700_000_000
"""A hand that is away for less than this needs no hint."""


@dataclass(frozen=True, slots=True)
class GuideLook:
    """How far the guided minute is."""

    side: Side
    """Which hand is asked for."""
    step: EnrolmentStep
    states: tuple[tuple[str, ChipState], ...]
    """Every step of this hand by name."""
    closeness: float
    held: float
    """0..1 of the time for which the pose is to be held."""
    captured: int
    """Poses captured so far, of all hands."""
    enough: bool
    """Whether the captured ones would do."""
    finished: bool
    """Nothing more is asked for."""


class Guiding(Protocol):
    """Collects the frames of the guided minute."""

    def take(self, frame: Frame, sightings: Sequence[Sighting]) -> None: ...
    def look(self) -> GuideLook: ...
    def skip(self) -> None:
        """Go on with the next pose."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What measuring comes to: something to show and something to keep."""

    result: Result
    profile: Profile


MakeGuide = Callable[[tuple[Side, ...]], Guiding]
StartMeasuring = Callable[[str, Guiding, CameraInfo | None], Work[Outcome]]
"""(name, guide with its frames, what saw them)."""


class EnrolmentPresenter:
    """One enrolment at a time. One thread."""

    def __init__(self, make_guide: MakeGuide, start_measuring: StartMeasuring) -> None:
        self._make_guide = make_guide
        self._start_measuring = start_measuring
        self._open = False
        self._name = ""
        self._guide: Guiding | None = None
        self._camera: CameraInfo | None = None
        self._measuring: Work[Outcome] | None = None
        self._hands: tuple[HandState, ...] = ()
        self._seen_ns = 0

    @property
    def page(self) -> Page:
        measuring = self._measuring
        if measuring is not None:
            if measuring.failure:
                return Page.FAILED
            return Page.WORKING if measuring.result is None else Page.RESULT
        if self._guide is not None:
            return Page.GUIDE
        return Page.SETUP if self._open else Page.CLOSED

    @property
    def outcome(self) -> Outcome | None:
        return None if self._measuring is None else self._measuring.result

    @property
    def hands(self) -> tuple[HandState, ...]:
        """Of the newest scene."""
        return self._hands

    def open(self) -> None:
        """Ask for name and hand; what somebody is in the middle of goes on instead."""
        if self.page in (Page.GUIDE, Page.WORKING, Page.RESULT):
            return
        self.close()
        self._open = True

    def begin(self, name: str, sides: tuple[Side, ...], now_ns: int) -> None:
        """Start the guided minute."""
        self._name, self._seen_ns, self._camera = name, now_ns, None
        self._guide = self._make_guide(sides)

    def close(self) -> None:
        """End everything, wherever it is; what was not saved is given up."""
        if self._measuring is not None:
            self._measuring.cancel()
        self._open, self._guide, self._measuring, self._hands = False, None, None, ()

    def note_camera(self, camera: CameraInfo | None) -> None:
        """What the scenes come from, once that is open; the last one counts."""
        self._camera = camera or self._camera

    def add_scene(
        self, scene: Scene, frame: Frame | None, sightings: Sequence[Sighting], now_ns: int
    ) -> None:
        """A newer scene; only of use with the frame that it was made from."""
        self._hands = scene.hands
        if self._guide is None or self._measuring is not None or frame is None:
            return
        if any(hand.side is self._guide.look().side for hand in scene.hands):
            self._seen_ns = now_ns
        self._guide.take(frame, sightings)
        if self._guide.look().finished:
            self.finish()

    def skip(self) -> None:
        """Go on with the next pose."""
        if self._guide is None:
            return
        self._guide.skip()
        if self._guide.look().finished:
            self.finish()

    def finish(self) -> None:
        """Measure with what was captured."""
        if self._guide is not None and self._measuring is None:
            self._measuring = self._start_measuring(self._name, self._guide, self._camera)

    def asked(self) -> tuple[EnrolmentStep, Side] | None:
        """Which pose is asked for now."""
        if self.page is not Page.GUIDE or self._guide is None:
            return None
        look = self._guide.look()
        return look.step, look.side

    def guide(self, now_ns: int) -> tuple[Guide, bool] | None:
        """The guided minute now, and whether it may be finished; None on other pages."""
        if self.page is not Page.GUIDE or self._guide is None:
            return None
        look = self._guide.look()
        chips = tuple(Chip(name, state) for name, state in look.states)
        done = sum(chip.state is ChipState.DONE for chip in chips)
        guide = Guide(
            heading=f"{look.side.value.capitalize()} hand: {done} of {len(chips)} poses",
            sentence=look.step.sentence,
            hint=self._hint(look, now_ns),
            closeness=look.closeness,
            held=look.held,
            chips=chips,
            captured=look.captured,
        )
        return guide, look.enough

    def working_text(self) -> tuple[str, float]:
        """What is being done, and how much of it is."""
        share = 0.0 if self._measuring is None else self._measuring.share
        return _WORKING, share

    def failure(self) -> str:
        return "" if self._measuring is None else self._measuring.failure

    def _hint(self, look: GuideLook, now_ns: int) -> str:
        if now_ns - self._seen_ns < LOST_NS:
            return ""
        if any(hand.side is look.side.other for hand in self._hands):
            return f"That is your {look.side.other.value} hand; show the {look.side.value} one"
        return f"Hold your {look.side.value} hand 30 to 60 cm in front of the camera"


_WORKING = (
    "Bones and widths are fitted to all captured poses together, then both ways of tracking are "
    "compared on them. You can put your hand down."
)
