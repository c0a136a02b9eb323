"""An estimator that learns between two frames: adaptation without threads, repeatable.

The live tracker does the same in a process of its own; here a fixed amount of work follows every
frame, so that the figures do not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.adaptation.adapter import Adapter
from engine.adaptation.collector import Collector
from engine.adaptation.settings import AdaptationSettings
from engine.inference.backend import AUTO
from engine.inference.depth_estimator import DepthEstimator, create_estimator, create_networks
from engine.inference.fitting import KnownShape
from engine.inference.single_view import SingleViewInference, single_view_network
from engine.messages import FrameSet, Scene, Side

DEFAULT_SETTINGS = AdaptationSettings()

MakeNetworks = Callable[[Path], Sequence[SingleViewInference]]


class AdaptingEstimator:
    """Tracks with the weights of the moment, then learns for `steps_per_frame` steps.

    A fraction of a step is owed until it is whole.
    """

    def __init__(
        self,
        estimator: DepthEstimator,
        adapter: Adapter,
        collector: Collector,
        make_networks: MakeNetworks,
        steps_per_frame: float,
    ) -> None:
        self._estimator = estimator
        self._collector = collector
        self._make_networks = make_networks
        self._steps_per_frame = steps_per_frame
        self._owed = 0.0
        self._revision = adapter.revision
        self.adapter = adapter

    def know_person(self, shapes: Mapping[Side, KnownShape]) -> None:
        """Whose hands come, as of DepthEstimator."""
        self._estimator.know_person(shapes)

    def estimate(self, frame_set: FrameSet) -> Scene:
        scene = self._estimator.estimate(frame_set)
        for sighting in self._estimator.sightings:
            sample = self._collector.consider(sighting)
            if sample is not None:
                self.adapter.add(sample)
        self._work()
        return scene

    def settle(self) -> None:
        self._estimator.settle()

    def reset(self) -> None:
        """Another take: hands are found anew, what was learnt stays."""
        self._estimator.reset()

    def _work(self) -> None:
        self._owed += self._steps_per_frame
        steps = int(self._owed)
        self._owed -= steps
        if steps:
            self.adapter.work(steps=steps)
        if self.adapter.revision != self._revision:
            self._revision = self.adapter.revision
            self._estimator.use_networks(self._make_networks(self.adapter.weights), self._revision)


def create_adapting_estimator(
    folder: Path,
    steps_per_frame: float,
    weights: Path | None = None,
    settings: AdaptationSettings = DEFAULT_SETTINGS,
) -> AdaptingEstimator:
    """The shipped tracker, adapting from `weights` (the shipped ones); files go into `folder`.

    Raises:
        WeightsError: the weights are missing, damaged or of another kind.
    """
    network = single_view_network(weights)

    def make_networks(path: Path) -> tuple[SingleViewInference, ...]:
        if path == network.weights:
            return create_networks(AUTO, network)
        onnx = path.with_suffix(".onnx")  # beside the weights: the cache is for what ships
        network.export(path, onnx)  # also where one lies there: `folder` may have been used before
        return create_networks(AUTO, replace(network, weights=path, onnx=onnx))

    return AdaptingEstimator(
        create_estimator(weights=weights),
        Adapter(settings, network.weights, folder),
        Collector(settings.collect),
        make_networks,
        steps_per_frame,
    )
