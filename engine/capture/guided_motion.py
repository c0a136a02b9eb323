"""A simulated person who follows the enrolment's script, as people do: late, and not quite.

Every step gets the same time, whatever the enrolment makes of it, and after the last one the person
begins again. Nothing tells this person that a pose was captured.
"""

from __future__ import annotations

import numpy as np

from engine.adaptation.enrolment_poses import STEPS, EnrolmentStep
from engine.capture.hand_motion import ArmPose, minimum_jerk, sway
from engine.hand.articulation import LOWER, UPPER
from engine.hand.model import HandModel
from engine.messages import Float64, Side
from engine.render.body import outward

STEP_S = 4.0
"""Reading, moving, and holding on until the next one: fifteen steps make the minute."""
MOVE_S = 0.9
SLOPPY_RAD = np.radians(6.0)
"""How differently from the ghost each joint of a pose is held (standard deviation)."""
SLOPPY_ARM_RAD = 0.13
# Pronation, flexion and deviation (radians) with which a wrist in front of the body shows each view
# best, fingers up, found by search.
ARM_ANGLES = {
    "palm": (1.8, -0.75, 0.4),
    "back": (-1.4, 0.75, -0.3),
    "little-finger edge": (-0.1, -0.45, -0.3),
    "slanted back": (-1.9, 0.9, -0.1),
}


class GuidedMotion:
    """An endless, repeatable motion; `at(t)` may be asked for any time in any order."""

    def __init__(self, model: HandModel, seed: int) -> None:
        self._side = model.side
        self._seed = [seed, 11, int(model.side is Side.LEFT)]
        self._phases = np.random.default_rng(self._seed).uniform(0, 2 * np.pi, (3, 3))

    def at(self, time_s: float) -> ArmPose:
        """The pose at `time_s` seconds, from 0."""
        index, since = divmod(time_s, STEP_S)
        number = int(index)
        now = self._pose(number)
        before = self._pose(max(number - 1, 0))
        late = 0.2 + 0.5 * np.random.default_rng([*self._seed, number, 1]).random()
        share = minimum_jerk((since - late) / MOVE_S)
        row = before.vector() * (1 - share) + now.vector() * share
        wrist = row[:3] + sway(time_s, self._phases)
        return ArmPose(wrist, float(row[3]), float(row[4]), float(row[5]), row[6:], now.pose_class)

    def _pose(self, number: int) -> ArmPose:
        """What the person makes of the step; the same number gives the same pose."""
        rng = np.random.default_rng([*self._seed, number])
        step = STEPS[number % len(STEPS)]
        forward, out, up = rng.uniform([0.33, 0.06, -0.16], [0.45, 0.16, -0.04])
        place = np.array([forward, outward(self._side) * out, up])
        arm = np.array(ARM_ANGLES[step.view]) + rng.normal(0, SLOPPY_ARM_RAD, 3)
        return ArmPose(
            place, float(arm[0]), float(arm[1]), float(arm[2]), _sloppy(step, rng), step.name
        )


def _sloppy(step: EnrolmentStep, rng: np.random.Generator) -> Float64:
    """The step's angles as held by somebody in no hurry."""
    noise = rng.normal(0, SLOPPY_RAD, 22)
    if step.pinch is not None:
        # Whoever pinches feels when the tips touch.
        finger = 2 + 4 * step.pinch
        noise[:6] *= 0.25
        noise[finger : finger + 4] *= 0.25
    return np.clip(step.angles + noise, LOWER, UPPER)
