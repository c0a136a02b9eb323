"""The hands as they were recorded, beside those that are tracked now: found in the background."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.viewport.surface import HandSurface
from app.viewport.viewport import Mesh
from engine.hand.model import HandModel, load_hand_model
from engine.messages import HandState, Scene
from engine.runtime.slot import Slot
from engine.runtime.worker import StopSignal, Worker

if TYPE_CHECKING:  # It loads for a quarter of a second, and the window imports this file.
    from engine.recording.reader import SessionReader

WAIT_S = 0.1
ASIDE_M = np.array([0.15, 0.0, 0.0], np.float32)
ABOVE_M = np.array([0.0, -0.22, 0.0], np.float32)
"""Two hands have each other at their sides."""
GHOST_RGB = np.array([0.60, 0.48, 0.80], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class AsRecorded:
    """What was tracked while recording in the frame of a scene."""

    hands: tuple[HandState, ...]
    tracked: bool
    """Whether anything tracked that frame while recording: a busy machine left some out."""
    distance_mm: float | None = None
    """Mean over the joints of the hands that both have; None where they share none."""


class RecordedHands:
    """One session, read by a thread of its own. `ask` and `newest` may be called from any other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked: Slot[Scene] = Slot()
        self._answers: Slot[AsRecorded] = Slot()
        self._version = 0
        self._reader: SessionReader | None = None
        self._model: HandModel | None = None
        self._worker = Worker("as recorded", self._step, setup=self._open, teardown=self._close)

    def start(self) -> None:
        self._worker.start()

    def request_stop(self) -> None:
        self._worker.request_stop()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """False where the thread still runs after `timeout_s`."""
        return self._worker.stop(timeout_s)

    @property
    def failure(self) -> str:
        """Why there is nothing to show, in a sentence; empty while well."""
        failed = self._worker.failure
        return failed.sentence if failed else ""

    def ask(self, scene: Scene) -> None:
        """Look up what was recorded in the frame of a scene; replaces an older question."""
        self._asked.put(scene)

    def newest(self) -> AsRecorded | None:
        """The last answer; None before the first."""
        found = self._answers.peek()
        return found[1] if found else None

    # From here on, its own thread.

    def _open(self) -> None:
        from engine.recording.reader import SessionReader

        self._reader = SessionReader(self._path)
        self._model = load_hand_model()
        self._rows = {int(number): row for row, number in enumerate(self._reader.sequences)}
        self._first = min(self._rows, default=0)
        self._lap = max(self._rows, default=0) - self._first + 1

    def _step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most WAIT_S
        newer = self._asked.take_newer(self._version, WAIT_S)
        if newer is None:
            return None
        self._version, scene = newer
        self._answers.put(self._look_up(scene))
        return None

    def _look_up(self, scene: Scene) -> AsRecorded:
        assert self._reader is not None
        # In a loop the numbers of frames go on (engine.capture.replay).
        number = self._first + (scene.sequence - self._first) % self._lap
        row = self._rows.get(number)
        recorded = None if row is None else self._reader.scene_of(row, self._model)
        if recorded is None:
            return AsRecorded((), tracked=False)
        return AsRecorded(recorded.hands, True, distance_mm(scene.hands, recorded.hands))

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def distance_mm(now: tuple[HandState, ...], then: tuple[HandState, ...]) -> float | None:
    """Mean distance of the joints of hands of one side, each paired with the nearest."""
    means = []
    for hand in now:
        others = [other for other in then if other.side is hand.side]
        if others:
            distances = [np.linalg.norm(hand.joints - o.joints, axis=1).mean() for o in others]
            means.append(min(distances))
    return float(np.mean(means)) * 1e3 if means else None


def ghost_mesh(hands: tuple[HandState, ...], surface: HandSurface) -> Mesh | None:
    """All hands as one mesh of one colour, beside where they are; None without hands.

    On top of hands that differ by a millimetre they would only be seen as spots.
    """
    if not hands:
        return None
    aside = ASIDE_M if len(hands) == 1 else ABOVE_M
    starts = np.cumsum([0, *(len(hand.vertices) for hand in hands)])
    vertices = np.concatenate([hand.vertices for hand in hands]).astype(np.float32) + aside
    triangles = np.concatenate(
        [
            surface.triangles_of(hand.side) + np.int32(start)
            for hand, start in zip(hands, starts, strict=False)
        ]
    ).astype(np.int32)
    colors = np.broadcast_to(GHOST_RGB, vertices.shape).copy()
    return Mesh(vertices, triangles, colors)
