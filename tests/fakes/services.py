"""What tests of the live adaptation share: choosers of samples, and waiting for a service."""

from __future__ import annotations

from collections.abc import Callable

from engine.adaptation.service import AdaptationService
from engine.adaptation.status import AdaptationState
from tests.fakes.waiting import wait_until

SLOW_S = 60.0
"""Starting a process takes seconds where the machine is busy, and so does the end of one of the
lowest priority, which needs a turn to die. Whatever hangs here would hang for much longer."""

Serve = Callable[..., AdaptationService]
"""Makes a started service."""


class EverySighting:
    """Takes each sighting for a sample."""

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def consider(self, sighting: str) -> str:
        return sighting


class EverySightingOnce(EverySighting):
    """Takes what it has not seen since its reset."""

    def __init__(self) -> None:
        super().__init__()
        self._known: set[str] = set()

    def reset(self) -> None:
        self._known.clear()

    def consider(self, sighting: str) -> str | None:
        if sighting in self._known:
            return None
        self._known.add(sighting)
        return sighting


class BrokenChooser(EverySighting):
    """Fails at every sighting."""

    def consider(self, sighting: str) -> str:
        raise ZeroDivisionError(sighting)


def state(service: AdaptationService) -> AdaptationState:
    return service.status().state


def reach(service: AdaptationService, wanted: AdaptationState) -> None:
    wait_until(lambda: state(service) is wanted, SLOW_S)


def take(service: AdaptationService, revision: int) -> tuple[str, ...]:
    """The networks of a revision, as the tracker gets them."""
    wait_until(lambda: service.status().revision == revision, SLOW_S)
    ready = service.take_networks()
    assert ready is not None
    assert ready.revision == revision
    return ready.networks


def noted(service: AdaptationService) -> list[tuple[str, int]]:
    return [(d.reason, d.revision) for d in service.status().progress.decisions]


def another_learner(service: AdaptationService, former_pid: int | None) -> None:
    wait_until(lambda: service.pid not in (former_pid, None), SLOW_S)
    reach(service, AdaptationState.COLLECTING)
