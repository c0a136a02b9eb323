"""What the estimator remembers of a followed hand between two frames."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.hand.keypoints import ADULT_PALM_M, PALM_KEYPOINTS
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose
from engine.inference.belief import fit_evidence, limited_log_odds, log_odds
from engine.inference.crops import cube_for
from engine.inference.depth_view import mirror_points
from engine.inference.fitting import ShapeEstimator
from engine.inference.hand_solver import SolvedHand
from engine.inference.pose_filter import PoseFilter
from engine.inference.pose_prediction import PosePrediction
from engine.inference.single_view import NetworkHand
from engine.messages import Side

Float64 = npt.NDArray[np.float64]

MIDDLE_MCP = 7
"""Articulated joint of engine.hand.keypoints."""
EVIDENCE_RATE = 0.25
"""Share of a frame in the evidence that a followed hand is one."""
DOUBT_LIMIT = 3.0
"""Log-odds against a followed hand that a bad fit gives at most: of depth that is matched from a
stereo pair even good hands fit badly for a while, and the network sees them all the same."""
PRESENCE_RATE, PRESENCE_LIMIT = 0.5, 7.0
"""Share of a frame in what the network says of a followed hand's presence, and the most log-odds
that one frame gives: a single bad frame, of which stereo has some, hides no hand."""
FRESH_PAUSE = 3
"""Frames after a fresh look that did not help: it costs more than following, and the next frame
shows nearly the same picture."""
SHAPE_EVERY = 4
"""Frames between two that the shape is learnt from: neighbours say the same."""


class FollowedHand:
    """Pose, shape estimate and filter of one hand; poses in the frame of its view."""

    def __init__(self, side: Side, solved: SolvedHand, shape: ShapeEstimator) -> None:
        self.side = side
        self.pose: HandPose = solved.fit.pose
        self._shape = shape
        self._filter = PoseFilter()
        self._motion = PosePrediction()
        self._frames = 0
        self._fresh_from = 0
        self._unlearnt: SolvedHand | None = None
        self._fitted = 0.0
        """Log-odds that this is a hand, by how well it has fitted lately."""
        self._heard: float | None = None
        """The same by what the network said of it lately."""
        self.crop_offset: Float64 = np.zeros(3)
        """[3] metres, camera frame: middle of the fingers less middle of the palm."""

    def take(self, solved: SolvedHand, network: NetworkHand, time_s: float) -> HandPose:
        """Remember a fitted frame; returns the filtered pose to show."""
        evidence = max(fit_evidence(solved, network), -DOUBT_LIMIT)
        self._fitted += EVIDENCE_RATE * (evidence - self._fitted)
        keypoints = solved.fit.keypoints
        offset = keypoints[1:].mean(0) - keypoints[list(PALM_KEYPOINTS)].mean(0)
        self.crop_offset = mirror_points(offset, self.side)
        if self._frames % SHAPE_EVERY == 0 and not (solved.from_network or solved.cut):
            self._unlearnt = solved
        self.pose = solved.fit.pose
        self._motion.add(self.pose, time_s, sure=not solved.from_network)
        self._frames += 1
        return self._filter(self.pose, time_s)

    def evidence(self, network: NetworkHand) -> float:
        """Log-odds for a hand by what was seen before, to be added to the network's of this frame.
        To be asked once in every frame."""
        now = limited_log_odds(network.presence, PRESENCE_LIMIT)
        before = now if self._heard is None else self._heard
        self._heard = before + PRESENCE_RATE * (now - before)
        return self._heard - log_odds(network.presence) + self._fitted

    def expected(self, time_s: float) -> HandPose:
        """The pose to begin with in the frame of this time."""
        expected = self._motion.at(time_s)
        return self.pose if expected is None else expected

    def learn(self) -> None:
        """Learn the shape from the last frame, where it was one to learn from."""
        solved, self._unlearnt = self._unlearnt, None
        if solved is not None:
            self._shape.add(solved.observation, solved.fit)

    def may_look_afresh(self, sequence: int) -> bool:
        """Whether a poor fit is worth a fresh look in the frame of this number."""
        return sequence >= self._fresh_from

    def looked_afresh(self, sequence: int, helped: bool) -> None:
        """Remember what a fresh look in the frame of this number brought."""
        self._fresh_from = sequence + 1 + (0 if helped else FRESH_PAUSE)

    @property
    def shape(self) -> Float64:
        """[10]: the person's shape as learnt so far, to which each frame's shape is held."""
        return self._shape.shape

    @property
    def shape_weight(self) -> float:
        """How strongly each frame's shape is held to `shape`."""
        return self._shape.weight

    def cube_m(self, model: HandModel) -> float:
        """Side of the crop's cube for this person's hand, as training chose it."""
        knuckle = model.joints[MIDDLE_MCP] + model.shape_joints[MIDDLE_MCP] @ self.pose.shape
        return cube_for(float(np.linalg.norm(knuckle)) / ADULT_PALM_M)  # The wrist is the origin.
