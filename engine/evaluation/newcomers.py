"""What enrolment and adaptation bring to people that were never trained on, against exact truth.

One newcomer: errors of network and tracker on a first take, as a stranger; then the guided minute
with enrolment and adaptation running; then the first take's frames again, which nothing was learnt
from, with the person's shape and the adapted weights. Everything is repeatable.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.adaptation.bone_lengths import bone_lengths_m
from engine.adaptation.enrolment import Enrolment
from engine.adaptation.enrolment_result import EnrolmentError, EnrolmentResult, enrolment_result
from engine.adaptation.settings import AdaptationSettings
from engine.capture.simulated import SimulatedCamera
from engine.evaluation.newcomer_people import FPS, Newcomer
from engine.hand.model import HandModel, load_hand_model
from engine.inference.backend import AUTO
from engine.inference.depth_estimator import DepthEstimator, create_estimator, create_networks
from engine.inference.single_view import single_view_network
from engine.messages import Float64, HandState, HandTruth
from engine.offline import run_offline

if TYPE_CHECKING:
    from engine.adaptation.adapting_estimator import AdaptingEstimator


TEST_TAKE, LEARN_TAKE = 2, 1
TEST_MOTION, LEARN_MOTION = "free", "guided"
LEAST_FOUND = 10
"""Hands that must be found for a mean error to mean anything."""
FUSION_WEIGHT = 100.0
"""Joints that teach count as much among the other losses without labels."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the ablation: what is left out, or added."""

    name: str
    adapts: bool = True
    enrols: bool = True
    learn: Mapping[str, Any] | None = None
    """Changed fields of LearnSettings."""

    def settings(self) -> AdaptationSettings:
        """Of the adaptation."""
        settings = AdaptationSettings()
        return replace(settings, learn=replace(settings.learn, **(self.learn or {})))


WHOLE = Variant("all of it")
ABLATIONS: tuple[Variant, ...] = (
    WHOLE,
    Variant("no adapted weights", adapts=False),
    Variant("no enrolled shape", enrols=False),
    Variant("no rendered hands of the person", learn={"personal": 0}),
    Variant("no fitting teacher", learn={"teacher": 0.0}),
    Variant("no loss without labels", learn={"self_supervised": 0.0}),
    *(
        Variant(f"no {term} loss", learn={"left_out": (term,)})
        for term in (
            "depth",
            "silhouette",
            "points",
            "part_points",
            "joints_to_mesh",
            "mesh_to_joints",
            "shape",
            "collision",
        )
    ),
    Variant("fused views as a teacher too", learn={"fusion": FUSION_WEIGHT}),
    Variant("hardly any rehearsal", learn={"source": 1}),
)
"""The table of `newcomers --ablate`."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Mean joint errors of a take, millimetres; NaN where too few hands were found."""

    network_mm: float
    tracker_mm: float
    found: float
    """Share 0..1 of the shown hands."""


@dataclass(frozen=True, slots=True)
class NewcomerRow:
    """One newcomer, measured."""

    number: int
    variant: str
    scale: float
    """Size of the hand relative to the mean adult's."""
    before: Accuracy
    after: Accuracy
    bone_mean: float
    bone_worst: float
    """Relative errors of the 20 bones; NaN where nothing could be enrolled."""
    coverage: float
    """Share of the bones whose true length lies within the stated 95 % interval."""
    enrolment_s: float
    """Of motion, until the enrolment was done."""
    decisions: int
    """Accepted by the gate."""
    seconds: float
    """Of computing."""

    @property
    def ratio(self) -> float:
        """Tracker's error after over before."""
        return self.after.tracker_mm / self.before.tracker_mm

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def row_of(figures: Mapping[str, Any]) -> NewcomerRow:
    """A row of its JSON form; raises KeyError or TypeError for another one."""
    parts = {key: Accuracy(**figures[key]) for key in ("before", "after")}
    return NewcomerRow(**{**figures, **parts})


def measure_newcomer(
    person: Newcomer,
    seconds: float,
    test_seconds: float,
    steps_per_s: float,
    variant: Variant = WHOLE,
) -> NewcomerRow:
    """Before, enrolment and adaptation, after. Takes a minute or two.

    `steps_per_s`: learning steps for every second of motion, as the live learner manages beside
    the tracker.
    """
    began = time.monotonic()
    model = load_hand_model()
    stranger = create_estimator()
    before = _accuracy(person.camera(TEST_MOTION, test_seconds, TEST_TAKE), stranger)
    with _Learning(variant, steps_per_s) as learning:
        enrolment = learning.watch(person.camera(LEARN_MOTION, seconds, LEARN_TAKE), seconds)
        result = _enrolled(model, enrolment) if variant.enrols else None
        after = before
        if variant.adapts or result is not None:
            tracker = learning.outcome(result)
            after = _accuracy(person.camera(TEST_MOTION, test_seconds, TEST_TAKE), tracker)
    errors, inside = _bone_errors(model, result, person.person.shape)
    return NewcomerRow(
        number=person.number,
        variant=variant.name,
        scale=person.scale,
        before=before,
        after=after,
        bone_mean=float(np.mean(errors)),
        bone_worst=float(np.max(errors)),
        coverage=inside,
        enrolment_s=float("nan") if result is None else result.seconds,
        decisions=learning.accepted,
        seconds=time.monotonic() - began,
    )


class _Learning(AbstractContextManager["_Learning"]):
    """A tracker that learns while it watches the guided minute."""

    def __init__(self, variant: Variant, steps_per_s: float) -> None:
        self._variant = variant
        self._folder = TemporaryDirectory(prefix="handtune-newcomer-")
        self._estimator = create_estimator()
        self._adapting: AdaptingEstimator | None = None
        if variant.adapts:
            self._adapting = _adapting(
                self._estimator, variant.settings(), Path(self._folder.name), steps_per_s / FPS
            )

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def watch(self, camera: SimulatedCamera, seconds: float) -> Enrolment:
        """Track and learn until the film ends; the enrolment listens."""
        enrolment = Enrolment(seconds=seconds)
        with camera:
            for frame, _ in run_offline(camera, self._adapting or self._estimator):
                enrolment.add(self._estimator.sightings, frame.time_ns / 1e9)
        return enrolment

    @property
    def accepted(self) -> int:
        if self._adapting is None:
            return 0
        return self._adapting.adapter.progress.accepted

    def outcome(self, result: EnrolmentResult | None) -> DepthEstimator:
        """A fresh tracker with the weights and the shape that were learnt."""
        tracker = create_estimator()
        if self._adapting is not None and self.accepted:
            network = single_view_network(self._adapting.adapter.weights)
            tracker.use_networks(create_networks(AUTO, network), 1)
        if result is not None:
            tracker.know_person({result.side: result.known})
        return tracker


def _adapting(
    estimator: DepthEstimator, settings: AdaptationSettings, folder: Path, steps_per_frame: float
) -> AdaptingEstimator:
    # torch, which takes seconds to load, only where something is learnt.
    from engine.adaptation.adapter import Adapter
    from engine.adaptation.adapting_estimator import AdaptingEstimator
    from engine.adaptation.collector import Collector

    return AdaptingEstimator(
        estimator,
        Adapter(settings, single_view_network().weights, folder),
        Collector(settings.collect),
        lambda path: create_networks(AUTO, single_view_network(path)),
        steps_per_frame,
    )


def _enrolled(model: HandModel, enrolment: Enrolment) -> EnrolmentResult | None:
    try:
        return enrolment_result(model, enrolment)
    except EnrolmentError:
        return None


def _accuracy(camera: SimulatedCamera, estimator: DepthEstimator) -> Accuracy:
    tracker: list[float] = []
    network: list[float] = []
    shown = 0
    with camera:
        for frame, scene in run_offline(camera, estimator):
            for truth in frame.truth:
                shown += 1
                hand = _of_side(scene.hands, truth)
                if hand is not None:
                    tracker.append(_mean_mm(hand.joints, truth.joints))
                    network.append(_mean_mm(hand.network_joints, truth.joints))
    if len(tracker) < LEAST_FOUND:
        return Accuracy(float("nan"), float("nan"), len(tracker) / max(shown, 1))
    return Accuracy(float(np.mean(network)), float(np.mean(tracker)), len(tracker) / shown)


def _of_side(hands: Sequence[HandState], truth: HandTruth) -> HandState | None:
    """The tracked hand nearest to the truth, if it is nearer than 100 mm ("found")."""
    near = [hand for hand in hands if _mean_mm(hand.joints, truth.joints) < 100.0]
    return min(near, key=lambda hand: _mean_mm(hand.joints, truth.joints), default=None)


def _mean_mm(joints: Float64, truth: Float64) -> float:
    return 1000.0 * float(np.linalg.norm(joints - truth, axis=1).mean())


def _bone_errors(
    model: HandModel, result: EnrolmentResult | None, truth: Float64
) -> tuple[Float64, float]:
    """Relative errors [20], and the share of the bones inside their interval."""
    if result is None:
        return np.full(20, np.nan), float("nan")
    true_mm = 1000.0 * bone_lengths_m(model, truth)
    bones = [measure for measure in result.measures if measure.group == "bone"]
    errors = np.array([abs(b.mm / t - 1.0) for b, t in zip(bones, true_mm, strict=True)])
    inside = [b.low_mm <= t <= b.high_mm for b, t in zip(bones, true_mm, strict=True)]
    return errors, float(np.mean(inside))
