"""The live adaptation with everything real: what `track --adapt` and the window start."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from engine.adaptation.collector import Collector
from engine.adaptation.learner_side import Adapting
from engine.adaptation.service import AdaptationService, Networks
from engine.adaptation.settings import AdaptationSettings
from engine.inference.backend import AUTO, NetworkFile
from engine.inference.single_view import single_view_network

DEFAULT_SETTINGS = AdaptationSettings()


def create_adaptation(
    weights: Path | None = None,
    backend: str = AUTO,
    settings: AdaptationSettings = DEFAULT_SETTINGS,
) -> AdaptationService:
    """The adaptation of the shipped weights, or of a file's, for an estimator of `backend`.

    Raises:
        WeightsError: the shipped weights are missing or damaged.
    """
    return AdaptationService(
        network=single_view_network(weights),
        make_adapter=partial(make_adapter, settings),
        load=partial(load_networks, backend),
        chooser=Collector(settings.collect),
    )


def make_adapter(settings: AdaptationSettings, weights: Path, folder: Path) -> Adapting:
    """Called in the learner's process, the only one that imports torch."""
    from engine.adaptation.adapter import Adapter

    return Adapter(settings, weights, folder)


def load_networks(backend: str, network: NetworkFile) -> Networks:
    """Compiled and warmed up, beside the running tracker."""
    from engine.inference.depth_estimator import create_networks

    return create_networks(backend, network)
