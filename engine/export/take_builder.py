"""From scenes to a take: which sightings are one hand, and which hands are wanted.

The tracker gives a hand that comes back a new id. An animation wants one hand there, so ids of one
side that never overlap in time are joined; hands of one side that do overlap stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from calibration.camera_model import PinholeCamera
from engine.export.take import ExportError, HandTake, Take
from engine.hand.articulation import joint_rotations
from engine.hand.model import HandModel
from engine.messages import HandState, Scene, Side
from engine.runtime.clock import NS_PER_S

_NO_MESH = np.empty((0, 3), np.float32)


@dataclass(frozen=True, slots=True)
class HandChoice:
    """Which hands to export; without both, all of them."""

    side: Side | None = None
    hand_id: int | None = None

    def split(self, scene: Scene) -> tuple[Scene, set[str]]:
        """The scene with the chosen hands alone, and the side and id of each other hand.

        A hand whose numbers are no numbers was not seen.
        """
        hands = tuple(hand for hand in scene.hands if _finite(hand))
        chosen = tuple(hand for hand in hands if self._takes(hand))
        others = {f"{hand.side} {hand.hand_id}" for hand in hands if not self._takes(hand)}
        return replace(scene, hands=chosen), others

    def _takes(self, hand: HandState) -> bool:
        return self.side in (None, hand.side) and self.hand_id in (None, hand.hand_id)

    def __str__(self) -> str:
        if self.hand_id is not None:
            return f"hand {self.hand_id}"
        return f"{self.side} hand" if self.side is not None else "hand"


EVERY_HAND = HandChoice()


@dataclass(slots=True)
class _Rows:
    """Sightings of one hand, with the index of their frame."""

    side: Side
    frames: list[int] = field(default_factory=list)
    states: list[HandState] = field(default_factory=list)

    def add(self, frame: int, state: HandState) -> None:
        self.frames.append(frame)
        self.states.append(_without_mesh(state))


def build_take(
    source: str,
    timed_scenes: Iterable[tuple[int, Scene]],
    right_hand: HandModel,
    choice: HandChoice = EVERY_HAND,
    camera: PinholeCamera | None = None,
) -> Take:
    """Collect the hands of scenes, which come with their times in nanoseconds.

    Scenes that are not later than the one before are left out: no format has room for them.

    Raises:
        ExportError: no hand was seen, or none of those that were chosen.
    """
    times_ns: list[int] = []
    sequences: list[int] = []
    sightings: dict[tuple[int, Side], _Rows] = {}
    others: set[str] = set()
    for time_ns, scene in timed_scenes:
        if times_ns and time_ns <= times_ns[-1]:
            continue
        times_ns.append(time_ns)
        sequences.append(scene.sequence)
        chosen, rest = choice.split(scene)
        others |= rest
        for hand in chosen.hands:
            rows = sightings.setdefault((hand.hand_id, hand.side), _Rows(hand.side))
            rows.add(len(times_ns) - 1, hand)
    if not sightings:
        raise nothing_seen(source, len(times_ns), choice, others)
    start_ns = times_ns[0]
    return Take(
        source,
        np.array([t - start_ns for t in times_ns]) / NS_PER_S,
        np.array(sequences, np.int64),
        _named(_joined(sightings.values()), right_hand),
        camera,
    )


def nothing_seen(source: str, frames: int, choice: HandChoice, others: set[str]) -> ExportError:
    """The sentence for a take without any hand that was chosen."""
    found = f"; seen were {', '.join(sorted(others))} (side and id)" if others else ""
    return ExportError(
        f"Nothing to export from '{source}': a {choice} is expected in at least one frame, and "
        f"none was found in {frames} frames{found}. Nothing was written."
    )


def _finite(hand: HandState) -> bool:
    arrays = (hand.wrist_rotation, hand.wrist_position, hand.angles, hand.shape, hand.joints)
    return all(np.isfinite(array).all() for array in arrays)


def _without_mesh(hand: HandState) -> HandState:
    return replace(hand, vertices=_NO_MESH, network_joints=hand.joints)


def _joined(sightings: Iterable[_Rows]) -> list[_Rows]:
    """Hands in the order in which they were first seen."""
    hands: list[_Rows] = []
    for rows in sorted(sightings, key=lambda rows: rows.frames[0]):
        hand = next((h for h in hands if h.side is rows.side and not _overlap(h, rows)), None)
        if hand is None:
            hands.append(rows)
        else:
            hand.frames += rows.frames
            hand.states += rows.states
    return hands


def _overlap(earlier: _Rows, later: _Rows) -> bool:
    return later.frames[0] <= earlier.frames[-1]


def _named(hands: Iterable[_Rows], right_hand: HandModel) -> tuple[HandTake, ...]:
    models: Mapping[Side, HandModel] = {
        Side.RIGHT: right_hand,
        Side.LEFT: right_hand.mirrored(),
    }
    named: dict[str, HandTake] = {}
    for rows in hands:
        count = sum(hand.side is rows.side for hand in named.values())
        name = f"{rows.side}_{count + 1}" if count else str(rows.side)
        named[name] = _hand_take(name, rows, models[rows.side])
    return tuple(named.values())


def _hand_take(name: str, rows: _Rows, model: HandModel) -> HandTake:
    states = rows.states
    angles = np.array([s.angles for s in states])
    rotations = joint_rotations(model.axes, angles)
    rotations[:, 0] = [s.wrist_rotation for s in states]
    return HandTake(
        name=name,
        side=rows.side,
        model=model,
        frames=np.array(rows.frames, np.int64),
        hand_ids=np.array([s.hand_id for s in states], np.int64),
        rotations=rotations,
        wrist_positions=np.array([s.wrist_position for s in states]),
        angles=angles,
        shapes=np.array([s.shape for s in states]),
        joints=np.array([s.joints for s in states]),
        confidence=np.array([s.confidence for s in states]),
        residuals_m=np.array([s.residual_m for s in states]),
        presence=np.array([s.presence for s in states]),
    )
