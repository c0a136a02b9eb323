"""What an enrolment comes to, made up."""

from __future__ import annotations

import numpy as np

from engine.adaptation.bone_lengths import measures
from engine.adaptation.enrolment_result import EnrolmentResult
from engine.hand.model import load_hand_model
from engine.hand.skinning import HandPose
from engine.inference.fitting import FitResult, KnownShape, nothing_known
from engine.inference.fitting.judgement import Judgement
from engine.messages import Side

BEFORE_M, AFTER_M = 0.004, 0.002


def measured_hand(side: Side, size: float = 1.0) -> EnrolmentResult:
    """A hand of this size, in standard deviations, with its residuals and no frames."""
    known = KnownShape(50.0 * np.eye(10), np.array([51.0 * size, *np.zeros(9)]))
    return EnrolmentResult(
        side=side,
        known=known,
        measures=measures(load_hand_model(), known, nothing_known()),
        frames=(),
        before=(_fit(BEFORE_M),),
        after=(_fit(AFTER_M),),
        missed=("fist",),
        seconds=20.0,
    )


def _fit(residual_m: float) -> FitResult:
    pose = HandPose(np.eye(3), np.zeros(3), np.zeros(22), np.zeros(10))
    judgement = Judgement(residual_m, residual_m, 1.0, 0.0, 0.0, 100)
    return FitResult(pose, np.zeros((0, 3)), np.zeros((21, 3)), judgement, steps=3)
