"""Chooses, in the tracker's thread, the few sightings that are worth learning from.

Declining costs microseconds: the clock first, then plain figures of the fit, then the distance to
what was kept before, and only then is anything copied.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.adaptation.sample import AdaptationSample, sample_of
from engine.adaptation.settings import CollectSettings
from engine.hand.skinning import HandPose
from engine.inference.crops import ray_rotation
from engine.inference.sighting import Sighting
from engine.messages import Side
from engine.runtime.clock import NS_PER_S

Float64 = npt.NDArray[np.float64]

DESCRIPTOR_SIZE = 29
_PER_RADIAN, _PER_TURN, _PER_LOG_DISTANCE = 0.37, 0.5, 1.0
"""All angles together changed by half a radian each are 0.87; a turn by 40 degrees is about 0.45;
a third farther away is 0.3."""

DEFAULT_SETTINGS = CollectSettings()


def describe(pose: HandPose) -> Float64:
    """[29] figures whose distance says how different two sightings are: 0.35 is a new one.

    Bending (22 angles), what side the camera sees and how it is turned (6), and distance (1).
    """
    R_ray_from_hand = ray_rotation(pose.wrist_position).T @ pose.wrist_rotation
    return np.concatenate(
        [
            _PER_RADIAN * pose.angles,
            _PER_TURN * R_ray_from_hand[:, :2].ravel(),
            [_PER_LOG_DISTANCE * np.log(max(float(pose.wrist_position[2]), 0.05))],
        ]
    )


class Collector:
    """Belongs to the tracker's thread."""

    def __init__(self, settings: CollectSettings = DEFAULT_SETTINGS) -> None:
        self._settings = settings
        self.reset()

    def reset(self) -> None:
        """Everything is new again."""
        kept = self._settings.remembered
        self._seen = {side: np.full((kept, DESCRIPTOR_SIZE), np.inf) for side in Side}
        self._next = dict.fromkeys(Side, 0)
        self._last_ns: dict[Side, int | None] = dict.fromkeys(Side)

    def consider(self, sighting: Sighting) -> AdaptationSample | None:
        """A sample where the sighting is believable and new."""
        waited_s = self._waited_s(sighting)
        if waited_s < self._settings.least_interval_s or not self._believable(sighting):
            return None
        description = describe(sighting.fit.pose)
        apart = np.abs(self._seen[sighting.side] - description)
        novelty = float(np.sqrt((apart * apart).sum(1).min()))
        if novelty < self._wanted(waited_s):
            return None
        sample = sample_of(sighting)
        if sample is not None:
            self._remember(sighting, description)
        return sample

    def _waited_s(self, sighting: Sighting) -> float:
        last = self._last_ns[sighting.side]
        if last is None or sighting.time_ns < last:  # a recording began again
            return float("inf")
        return (sighting.time_ns - last) / NS_PER_S

    def _believable(self, sighting: Sighting) -> bool:
        settings, judged = self._settings, sighting.fit.judgement
        return (
            sighting.trusted >= settings.least_trust and judged.point_count >= settings.least_points
        )

    def _wanted(self, waited_s: float) -> float:
        settings = self._settings
        rounds = min(waited_s / settings.patience_s, 20.0)
        return max(settings.least_novelty, settings.novelty * 0.5**rounds)

    def _remember(self, sighting: Sighting, description: Float64) -> None:
        side = sighting.side
        self._seen[side][self._next[side] % self._settings.remembered] = description
        self._next[side] += 1
        self._last_ns[side] = sighting.time_ns
