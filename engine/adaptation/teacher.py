"""The label-free teacher: a careful re-fit of a sample, and whether it may be believed.

A residual alone is a weak judge: a mesh lies on a forearm with an excellent one. So a
lesson also has to agree with the network, with itself from another start, with the direction of the
palm, and to leave no hand pixels unexplained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.adaptation.careful import CAREFUL
from engine.adaptation.sample import AdaptationSample
from engine.adaptation.settings import TeacherSettings
from engine.adaptation.visibility import joint_visibility
from engine.hand.keypoints import KNUCKLES
from engine.hand.model import HandModel
from engine.hand.skinning import HandPose
from engine.inference.fitting import (
    FitResult,
    HandFitter,
    HandObservation,
    observe_hand,
    solve_pose,
    stray_m,
    trust,
)

Float64 = npt.NDArray[np.float64]

USUAL_M = 0.006
"""Usual distance of the network's joints from a lesson's."""

DEFAULT_SETTINGS = TeacherSettings()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A sample and what the teacher says of it; camera frame of the patch."""

    sample: AdaptationSample
    pose: HandPose
    """With the person's shape."""
    keypoints: Float64
    """[21, 3] metres."""
    weight: Float64
    """[21] in 0..1: how much each joint is to be believed."""
    residual_m: float
    urgency: float
    """Above 0: how badly the network explained this sample."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A lesson, or why there is none."""

    lesson: Lesson | None
    refused: str = ""


class Teacher:
    """Re-fits samples with the model of a right hand."""

    def __init__(self, model: HandModel, settings: TeacherSettings = DEFAULT_SETTINGS) -> None:
        self.fitter = HandFitter(model, CAREFUL)
        self._settings = settings

    def teach(self, sample: AdaptationSample, shape: Float64) -> Verdict:
        """A lesson of a sample of a person of `shape` [10]."""
        observation = observe(sample)
        if observation is None:
            return Verdict(None, "nothing there")
        fits = self._fits(observation, sample, shape)
        best = min(fits, key=lambda fit: fit.score)
        refused = self._refusal(sample, best, fits)
        return Verdict(None, refused) if refused else Verdict(self._lesson(sample, best, fits))

    def _fits(
        self, observation: HandObservation, sample: AdaptationSample, shape: Float64
    ) -> list[FitResult]:
        """Fits of the person's hand from the tracker's pose and from the network's joints."""
        starts = [replace(sample.pose, shape=shape)]
        inverse = solve_pose(self.fitter.surface, sample.network_joints, sample.confidence, shape)
        starts += [] if inverse is None else [inverse]
        return [
            self.fitter.fit(
                observation,
                start,
                iterations=self._settings.iterations,
                network_joints=sample.network_joints,
                joint_confidence=0.5 * sample.confidence,
            )
            for start in starts
        ]

    def _refusal(self, sample: AdaptationSample, best: FitResult, fits: Sequence[FitResult]) -> str:
        """Why a fit is not to be believed; empty where it is."""
        settings, judged = self._settings, best.judgement
        joints, confidence = sample.network_joints, sample.confidence
        checks = (
            (len(fits) < 2, "no second start"),
            (judged.residual_m > settings.worst_residual_m, "residual"),
            (judged.explained < settings.least_explained, "unexplained points"),
            (judged.outside > settings.worst_outside, "mesh beside the hand"),
            (stray_m(best.keypoints, joints, confidence) > settings.worst_stray_m, "strays"),
            (trust(best, joints, confidence) < settings.least_trust, "not trusted"),
            (_turned_rad(best.keypoints, joints) > settings.wrist_rad, "another direction"),
            (_apart_m(fits, best) > settings.apart_m, "depends on the start"),
        )
        return next((reason for failed, reason in checks if failed), "")

    def _lesson(
        self, sample: AdaptationSample, best: FitResult, fits: Sequence[FitResult]
    ) -> Lesson:
        hidden = 1.0 - joint_visibility(sample.patch, best.keypoints)
        spread = np.max([np.linalg.norm(f.keypoints - best.keypoints, axis=1) for f in fits], 0)
        weight = 1.0 - (1.0 - self._settings.hidden_weight) * hidden
        weight = weight / (1.0 + (spread / self._settings.apart_m) ** 2)
        strays = stray_m(best.keypoints, sample.network_joints, sample.confidence)
        return Lesson(
            sample=sample,
            pose=best.pose,
            keypoints=best.keypoints,
            weight=weight,
            residual_m=best.residual_m,
            urgency=urgency_of(strays),
        )


def urgency_of(apart_m: float) -> float:
    """How often a lesson is to be drawn beside others, by the network's distance from it."""
    return float(np.clip(apart_m / USUAL_M, 0.3, 3.0))


def observe(sample: AdaptationSample) -> HandObservation | None:
    """The sample's hand, as fitting sees it."""
    patch = sample.patch
    return observe_hand(patch.depth_m, patch.camera, patch.centre)


def _turned_rad(keypoints: Float64, joints: Float64) -> float:
    """Angle between the two directions from wrist to knuckles."""
    a, b = (p[list(KNUCKLES)].mean(0) - p[0] for p in (keypoints, joints))
    cosine = a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _apart_m(fits: Sequence[FitResult], best: FitResult) -> float:
    """Largest mean distance of a fit's joints from the best fit's."""
    return max(float(np.linalg.norm(f.keypoints - best.keypoints, axis=1).mean()) for f in fits)
