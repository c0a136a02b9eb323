"""Articulated model fitting: a network's pose in, the pose that fits the observed depth out."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from engine.hand.model import HandModel
from engine.hand.skinning import HandPose
from engine.inference.fitting.judgement import Judgement
from engine.inference.fitting.kernels.compiling import plain
from engine.inference.fitting.kernels.gauss_newton import Guide, State, look
from engine.inference.fitting.kernels.judging import Judged, refine_and_judge
from engine.inference.fitting.kernels.linear_system import System
from engine.inference.fitting.kernels.posing import pose_surface
from engine.inference.fitting.kernels.surface import surface_of
from engine.inference.fitting.observation import HandObservation
from engine.inference.fitting.settings import DEFAULT_SETTINGS, FitSettings

Float64 = npt.NDArray[np.float64]

DEFAULT_ITERATIONS = 4


@dataclass(frozen=True, slots=True)
class FitResult:
    """A pose and how well it explains the observation."""

    pose: HandPose
    vertices: Float64
    """[V, 3] metres, camera frame."""
    keypoints: Float64
    """[21, 3] metres."""
    judgement: Judgement
    steps: int
    """Gauss-Newton steps that were kept; 0 where the start was already best."""
    start: FitResult | None = None
    """The pose that was refined; None for one that is a start itself."""

    @property
    def score(self) -> float:
        """Metres; lower is better. Comparable between poses of one observation only."""
        return self.judgement.score_m

    @property
    def residual_m(self) -> float:
        """Mean distance of observed hand points to the closest visible place of the mesh."""
        return self.judgement.residual_m


class HandFitter:
    """Fits one RIGHT hand model; mirror a left hand's observation before and the result after.

    Holds no memory of earlier frames.
    """

    def __init__(self, model: HandModel, settings: FitSettings = DEFAULT_SETTINGS) -> None:
        self.surface = surface_of(model)
        self.settings = settings

    def fit(
        self,
        observation: HandObservation,
        start: HandPose,
        *,
        iterations: int = DEFAULT_ITERATIONS,
        previous: HandPose | None = None,
        network_joints: Float64 | None = None,
        joint_confidence: Float64 | None = None,
        refine_shape: bool = False,
        shape_anchor: Float64 | None = None,
        shape_weight: float | None = None,
        least_explained: float = 0.0,
        most_stray_m: float = inf,
    ) -> FitResult:
        """Refine `start` in at most `iterations` steps.

        None is taken from a start that explains less of the observation than `least_explained`, or
        whose keypoints lie further from the network's joints (mean, by confidence) than
        `most_stray_m`.

        `network_joints` [21, 3] pull weakly, by `joint_confidence` [21] in 0..1 (default 1).
        `refine_shape` also moves the shape coefficients, held to `shape_anchor` [10] (default: the
        start's): to zeros where every frame shows another person, to what was learnt of the person
        in a live sequence; as strongly as the settings say, or by `shape_weight`.
        """
        guide = self._guide(start, previous, network_joints, joint_confidence)
        if shape_anchor is not None:
            guide = guide._replace(shape_anchor=plain(shape_anchor))
        if shape_weight is not None:
            guide = guide._replace(shape_weight=shape_weight)
        bar = (least_explained, most_stray_m)
        return self._run(observation, start, guide, iterations, refine_shape, bar)

    def assess(self, observation: HandObservation, pose: HandPose) -> FitResult:
        """How well a pose explains the observation, without refining it."""
        return self._run(observation, pose, self._guide(pose, None, None, None), 0, False)

    def keypoints(self, pose: HandPose) -> Float64:
        """[21, 3] metres: the keypoints of a pose."""
        return pose_surface(self.surface, *_state(pose)).keypoints

    def linearise(self, observation: HandObservation, pose: HandPose) -> System:
        """Normal equations of pose and shape at a pose, without any pull on the shape."""
        guide = self._guide(pose, None, None, None)._replace(shape_weight=0.0)
        state = _state(pose)
        return look(
            self.surface, observation.observed, guide, state, self.settings, True, True
        ).system

    def _guide(
        self,
        start: HandPose,
        previous: HandPose | None,
        joints: Float64 | None,
        confidence: Float64 | None,
    ) -> Guide:
        precision = np.zeros(21)
        target = np.zeros((21, 3))
        if joints is not None:
            target = plain(joints)
            trust = np.ones(21) if confidence is None else np.clip(confidence, 0.0, 1.0)
            finite = np.isfinite(target.sum(axis=1))
            target = np.where(finite[:, None], target, 0.0)
            precision = finite * trust * self.settings.joint_weight
            precision = precision / self.settings.joint_noise_m**2
        return Guide(
            joints=target,
            precision=precision,
            previous=np.zeros(22) if previous is None else plain(previous.angles),
            previous_weight=0.0 if previous is None else self.settings.previous_weight,
            shape_anchor=plain(start.shape),
            shape_weight=self.settings.shape_weight,
        )

    def _run(
        self,
        observation: HandObservation,
        start: HandPose,
        guide: Guide,
        iterations: int,
        refine_shape: bool,
        bar: tuple[float, float] = (0.0, inf),
    ) -> FitResult:
        first, state, best, steps = refine_and_judge(
            self.surface,
            observation.observed,
            guide,
            _state(start),
            self.settings,
            iterations,
            refine_shape,
            *bar,
        )
        begun = self._result(start, first, 0, None)
        refined = HandPose(state.rotation, state.position, state.angles, state.shape)
        return self._result(refined, best, steps, begun) if iterations else begun

    def _result(
        self, pose: HandPose, judged: Judged, steps: int, start: FitResult | None
    ) -> FitResult:
        return FitResult(
            pose=pose,
            vertices=judged.points[: self.surface.vertex_count],
            keypoints=judged.keypoints,
            judgement=Judgement(*judged.verdict),
            steps=steps,
            start=start,
        )


def _state(pose: HandPose) -> State:
    return State(
        plain(pose.wrist_rotation),
        plain(pose.wrist_position),
        plain(pose.angles),
        plain(pose.shape),
    )
