"""Live truth meters: how right the hands on screen are, measured without any label.

    residual            mean distance of the observed hand points to the mesh, metres
    silhouette          agreement 0..1 of the mesh's outline with the hand's (see silhouette.py)
    bone_change         how much the bone lengths of the shown hand change within two seconds:
                        standard deviation over mean, averaged over the 20 bones; truth says 0
    network_bone_change the same of the network alone, before fitting
    jitter              noise of the joints while the hand rests, metres, by the definition of
                        engine.evaluation.metrics.jitter; nothing while it moves

None of them alone is proof (a mesh on the forearm has an excellent residual); together, falling
over time while the weights adapt, they are what can be had without labels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import BONES
from engine.inference.silhouette import silhouette_agreement
from engine.messages import Frame, HandState, Scene
from engine.runtime.clock import NS_PER_S

Float64 = npt.NDArray[np.float64]

STEP_S = 0.5
"""One entry of a history. Also how often an outline is drawn: it costs 2 ms."""
HISTORY_STEPS = 240
BONE_WINDOW_S = 2.0
LEAST_BONE_FRAMES = 10
STILL_M, STILL_FRAMES = 0.004, 9
"""A hand rests while the mean of its joints moves less than this in so many frames."""
NOISE_FRAMES = 60
"""How many still frames the jitter is averaged over."""
GAP_NS = NS_PER_S // 4
"""After a longer pause between frames a hand's motion says nothing about its noise."""

_STARTS, _ENDS = (list(ends) for ends in zip(*BONES, strict=True))


@dataclass(frozen=True, slots=True)
class MeterReading:
    """One meter at one moment. NaN where nothing could be measured."""

    value: float
    """Mean over the last step of STEP_S."""
    history: tuple[float, ...]
    """Means of all steps, the oldest first and `value` last; at most HISTORY_STEPS."""


NOTHING_READ = MeterReading(nan, ())


@dataclass(frozen=True, slots=True)
class TruthReadings:
    """All meters at one moment; see the head of this file."""

    residual_m: MeterReading = NOTHING_READ
    silhouette: MeterReading = NOTHING_READ
    bone_change: MeterReading = NOTHING_READ
    network_bone_change: MeterReading = NOTHING_READ
    jitter_m: MeterReading = NOTHING_READ


class TruthMeters:
    """Reads the meters off scenes, over all hands that are shown.

    `update` belongs to one thread and costs 0.1 ms, and 2 ms more once in STEP_S for the outlines;
    `readings` may be called from any thread.
    """

    def __init__(self, faces: npt.NDArray[np.int32]) -> None:
        """`faces` [F, 3] of the hand model; of either side."""
        self._faces = faces
        self._residual, self._silhouette = _History(), _History()
        self._bones, self._network_bones = _History(), _History()
        self._jitter = _History()
        self._hands: dict[int, _HandMotion] = {}
        self._step_ends_ns: int | None = None
        self._readings = TruthReadings()

    def readings(self) -> TruthReadings:
        return self._readings

    def update(self, frame: Frame, scene: Scene) -> None:
        """Take in one frame and the scene that was made of it."""
        self._hands = {
            hand.hand_id: self._hands.get(hand.hand_id) or _HandMotion() for hand in scene.hands
        }
        for hand in scene.hands:
            motion = self._hands[hand.hand_id]
            motion.take(frame.time_ns, hand)
            self._residual.add(hand.residual_m)
            self._jitter.add(motion.noise_m)
        step_ns = round(STEP_S * NS_PER_S)
        if self._step_ends_ns is None or frame.time_ns < self._step_ends_ns - step_ns:
            self._step_ends_ns = frame.time_ns + step_ns  # the first frame, or a source begun anew
        elif frame.time_ns >= self._step_ends_ns:
            self._end_step(frame, scene.hands)
            missed = (frame.time_ns - self._step_ends_ns) // step_ns
            for _ in range(min(missed, HISTORY_STEPS)):
                self._close_step()
            self._step_ends_ns += (missed + 1) * step_ns

    def _end_step(self, frame: Frame, hands: Iterable[HandState]) -> None:
        """Measure what is too dear for every frame, then begin the next entry of each history."""
        for hand in hands:
            motion = self._hands[hand.hand_id]
            self._bones.add(motion.bones.change())
            self._network_bones.add(motion.network_bones.change())
            self._silhouette.add(
                silhouette_agreement(
                    frame.depth_m, frame.camera, hand.vertices, self._faces, hand.joints
                )
            )
        self._close_step()

    def _close_step(self) -> None:
        self._readings = TruthReadings(
            residual_m=self._residual.close_step(),
            silhouette=self._silhouette.close_step(),
            bone_change=self._bones.close_step(),
            network_bone_change=self._network_bones.close_step(),
            jitter_m=self._jitter.close_step(),
        )


class _History:
    """Means of successive steps; NaN of a step without a value."""

    def __init__(self) -> None:
        self._sum, self._count = 0.0, 0
        self._means: deque[float] = deque(maxlen=HISTORY_STEPS)

    def add(self, value: float) -> None:
        if isfinite(value):
            self._sum, self._count = self._sum + value, self._count + 1

    def close_step(self) -> MeterReading:
        mean = self._sum / self._count if self._count else nan
        self._sum, self._count = 0.0, 0
        self._means.append(mean)
        return MeterReading(mean, tuple(self._means))


class _HandMotion:
    """The last frames of one followed hand."""

    def __init__(self) -> None:
        self.bones, self.network_bones = _BoneLengths(), _BoneLengths()
        self.noise_m = nan
        """Of the hand at rest; NaN where it moves or has not rested long enough."""
        self._time_ns: int | None = None
        self._joints: deque[Float64] = deque(maxlen=STILL_FRAMES)
        self._centres: deque[Float64] = deque(maxlen=STILL_FRAMES)
        self._squares: deque[float] = deque(maxlen=NOISE_FRAMES)

    def take(self, time_ns: int, hand: HandState) -> None:
        if self._time_ns is not None and not 0 < time_ns - self._time_ns <= GAP_NS:
            self._joints.clear()
            self._centres.clear()
        self._time_ns = time_ns
        self.bones.add(time_ns, hand.joints)
        self.network_bones.add(time_ns, hand.network_joints)
        self._joints.append(hand.joints)
        self._centres.append(hand.joints.mean(0))
        self.noise_m = self._measured_noise()

    def _measured_noise(self) -> float:
        if not self._rests():
            self._squares.clear()
            return nan
        middle = STILL_FRAMES // 2
        before, at, after = (self._joints[k] for k in (middle - 1, middle, middle + 1))
        self._squares.append(float(((before - 2.0 * at + after) ** 2).sum(-1).mean()))
        return sqrt(sum(self._squares) / len(self._squares) / 6.0)

    def _rests(self) -> bool:
        if len(self._centres) < STILL_FRAMES:
            return False
        centres = np.array(self._centres)
        third = STILL_FRAMES // 3
        drift = centres[-third:].mean(0) - centres[:third].mean(0)
        return float(np.linalg.norm(drift)) < STILL_M


class _BoneLengths:
    """Bone lengths of one hand over BONE_WINDOW_S."""

    def __init__(self) -> None:
        self._lengths: deque[tuple[int, Float64]] = deque()

    def add(self, time_ns: int, joints: Float64) -> None:
        """Take in joints [21, 3]."""
        oldest_ns = time_ns - round(BONE_WINDOW_S * NS_PER_S)
        while self._lengths and not oldest_ns <= self._lengths[0][0] <= time_ns:
            self._lengths.popleft()
        self._lengths.append((time_ns, np.linalg.norm(joints[_ENDS] - joints[_STARTS], axis=1)))

    def change(self) -> float:
        """Standard deviation over mean of each bone's length, averaged; NaN of too few frames."""
        if len(self._lengths) < LEAST_BONE_FRAMES:
            return nan
        lengths = np.array([lengths for _, lengths in self._lengths])
        return float((lengths.std(0) / lengths.mean(0)).mean())
