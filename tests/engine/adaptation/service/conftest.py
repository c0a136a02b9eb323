"""Services with made-up learners in real processes, of which none may be left."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.adaptation import tended_process
from engine.adaptation.learner_side import MakeAdapter
from engine.adaptation.service import AdaptationService
from engine.inference.backend import NetworkFile
from tests.fakes.adapters import (
    fake_network,
    load_text,
    make_fake_adapter,
)
from tests.fakes.services import (
    SLOW_S,
    EverySighting,
    Serve,
)
from tests.fakes.waiting import wait_until


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    wait_until(lambda: not multiprocessing.active_children(), SLOW_S)


@pytest.fixture(autouse=True)
def quick_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tended_process, "RESTART_PAUSES_S", (0.0, 0.0))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Makes a started service; stops all at the end."""
    made: list[AdaptationService] = []

    def started(
        make_adapter: MakeAdapter = make_fake_adapter,
        load: Callable[[NetworkFile], tuple[str, ...]] = load_text,
        chooser: object = None,
    ) -> AdaptationService:
        network = fake_network(tmp_path)
        service = AdaptationService(network, make_adapter, load, chooser or EverySighting())
        service.begin_with(("first", "first"))
        service.start()
        made.append(service)
        return service

    yield started
    for service in made:
        assert service.stop(SLOW_S)
