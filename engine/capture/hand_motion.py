"""Smooth motion of one arm and hand: what the simulated camera films.

Key poses follow each other with rests in between; a movement takes as long as its largest part
needs at a calm speed, along the minimum-jerk profile of human reaching (Flash and Hogan, 1985).
Every few key poses the hand leaves the picture and comes back.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np

from engine.hand.model import HandModel
from engine.messages import Float64, Side
from engine.render.body import outward
from engine.training.poses import sample_angles

HAND_SPEED_M_S = 0.35
JOINT_SPEED_RAD_S = 3.0
PEAK = 1.875
"""Peak over mean speed of a minimum-jerk movement."""
KEYS_BETWEEN_ABSENCES = 16

_SHOWN = ("open", "pinch", "recorded", "point", "open", "fist", "synergy", "cross", "independent")
"""Classes of engine.training.poses in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ArmPose:
    """Everything that moves, in the body frame of engine.render.body."""

    wrist: Float64
    """[3] metres, before the person's size is applied."""
    pronation: float
    flexion: float
    deviation: float
    angles: Float64
    """[22] radians."""
    pose_class: str

    def vector(self) -> Float64:
        """All numbers in one row, for interpolation."""
        return np.concatenate(
            [self.wrist, [self.pronation, self.flexion, self.deviation], self.angles]
        )


@dataclass(frozen=True, slots=True)
class _Key:
    start_s: float
    """When the movement towards this pose begins."""
    arrive_s: float
    pose: ArmPose


class HandMotion:
    """An endless, repeatable motion; `at(t)` may be asked for any time in any order."""

    def __init__(self, model: HandModel, seed: int, leaves: bool = True) -> None:
        self._model = model
        self._rng = np.random.default_rng([seed, 7, int(model.side is Side.LEFT)])
        self._leaves = leaves
        first = ArmPose(self._place(0.4, 0.12, -0.1), 1.3, -0.1, 0.0, np.zeros(22), "open")
        self._keys = [_Key(-1.0, 0.0, first)]
        self._drift = self._rng.uniform(0, 2 * np.pi, (3, 3))

    def at(self, time_s: float) -> ArmPose:
        """The pose at `time_s` seconds, from 0."""
        while self._keys[-1].arrive_s <= time_s:
            self._append()
        index = bisect.bisect_right(self._keys, time_s, key=lambda key: key.start_s) - 1
        key = self._keys[index]
        before = self._keys[max(index - 1, 0)].pose
        share = minimum_jerk((time_s - key.start_s) / (key.arrive_s - key.start_s))
        row = before.vector() * (1 - share) + key.pose.vector() * share
        wrist = row[:3] + sway(time_s, self._drift)
        return ArmPose(
            wrist, float(row[3]), float(row[4]), float(row[5]), row[6:], key.pose.pose_class
        )

    def _append(self) -> None:
        last = self._keys[-1]
        pose = self._next_pose(len(self._keys))
        step = np.abs(pose.vector() - last.pose.vector())
        slowest = max(np.linalg.norm(step[:3]) / HAND_SPEED_M_S, step[3:].max() / JOINT_SPEED_RAD_S)
        start = last.arrive_s + self._rng.uniform(0.05, 0.5)
        self._keys.append(_Key(start, start + max(0.45, PEAK * float(slowest) * 0.8), pose))

    def _next_pose(self, index: int) -> ArmPose:
        rng = self._rng
        phase = index % KEYS_BETWEEN_ABSENCES
        if self._leaves and phase in (KEYS_BETWEEN_ABSENCES - 2, KEYS_BETWEEN_ABSENCES - 1):
            return ArmPose(self._place(0.05, 0.27, -0.55), 0.3, 0.0, 0.0, np.full(22, 0.1), "away")
        pose_class = _SHOWN[index % len(_SHOWN)]
        facing = rng.choice([1.35, 1.35, 1.35, 0.5, -0.9])
        return ArmPose(
            self._place(rng.uniform(0.30, 0.46), rng.uniform(0.05, 0.18), rng.uniform(-0.2, -0.02)),
            float(facing + rng.normal(0, 0.3)),
            float(np.clip(rng.normal(-0.05, 0.3), -0.8, 0.8)),
            float(np.clip(rng.normal(0.05, 0.15), -0.3, 0.4)),
            sample_angles(rng, self._model, pose_class),
            pose_class,
        )

    def _place(self, forward: float, out: float, up: float) -> Float64:
        return np.array([forward, outward(self._model.side) * out, up])


def minimum_jerk(share: float) -> float:
    """How far a calm movement has come, 0..1, after this share of its time."""
    share = float(np.clip(share, 0.0, 1.0))
    return share**3 * (10 - 15 * share + 6 * share**2)


def sway(time_s: float, phases: Float64) -> Float64:
    """A hand held in the air is never quite still: a few millimetres [3] at 0.2 to 1 Hz.

    `phases` [3, 3] radians, of each axis and rate.
    """
    rates = np.array([0.23, 0.41, 0.97]) * 2 * np.pi
    offset: Float64 = np.sin(rates * time_s + phases) @ np.array([0.004, 0.002, 0.0004])
    return offset
