"""What a service learns, offers, takes back and notes, whatever becomes of its learners."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from engine.adaptation import tended_process
from engine.adaptation.learner_side import REPORTED_DECISIONS, _Desk
from engine.adaptation.service import WAITING_SAMPLES, AdaptationService
from engine.adaptation.status import AdaptationState
from engine.inference.backend import NetworkFile
from tests.fakes.adapters import (
    FakeAdapter,
    fake_network,
    load_text,
    make_fake_adapter,
)
from tests.fakes.services import (
    SLOW_S,
    EverySighting,
    EverySightingOnce,
    Serve,
    another_learner,
    noted,
    reach,
    state,
    take,
)
from tests.fakes.waiting import wait_until


def test_from_sightings_to_networks_and_back(serve: Serve) -> None:
    service = serve()
    assert state(service) is AdaptationState.STARTING
    reach(service, AdaptationState.COLLECTING)
    assert service.take_networks() is None

    service.offer(["dull", "good"])
    assert take(service, 1) == ("first+1", "first+1")
    assert service.take_networks() is None
    service.offer(["good"])
    assert take(service, 2) == ("first+1+2", "first+1+2")
    status = service.status()
    assert status.state is AdaptationState.LEARNING
    assert status.sentence == ""
    assert status.samples_sent == 3
    assert status.first_gain_s is not None
    assert [decision.accepted for decision in status.progress.decisions] == [True, True]
    assert status.weights.read_text("utf-8") == "first+1+2"

    assert service.roll_back()
    assert take(service, 1) == ("first+1", "first+1")  # At once: they were kept.
    wait_until(lambda: service.status().progress.revision == 1, SLOW_S)
    service.offer(["good"])
    assert take(service, 3) == ("first+1+3", "first+1+3")  # The learner went back as well.

    service.pause()
    reach(service, AdaptationState.PAUSED)
    sent = service.status().samples_sent
    service.offer(["good"])
    service.resume()
    service.offer(["dull"])
    wait_until(lambda: service.status().samples_sent == sent + 1, SLOW_S)
    assert service.status().revision == 3


def accept_three(service: AdaptationService) -> None:
    for revision in (1, 2, 3):
        service.offer(["good"])
        take(service, revision)


def test_back_to_the_first_weights_is_not_undone_by_the_learner(serve: Serve) -> None:
    service = serve()
    accept_three(service)
    assert service.roll_back()
    assert service.roll_back()
    assert not service.roll_back()
    wait_until(lambda: service.status().progress.revision == 0, SLOW_S)
    assert take(service, 0) == ("first", "first")
    service.offer(["good"])
    assert take(service, 4) == ("first+4", "first+4")


def test_the_learner_may_go_back_further_than_the_tracker_keeps(serve: Serve) -> None:
    service = serve()
    accept_three(service)
    service.offer(["worse"])
    assert take(service, 2) == ("first+1+2",) * 2
    service.offer(["worse"])
    assert take(service, 1) == ("first+1",) * 2
    assert service.roll_back()
    assert take(service, 0) == ("first",) * 2
    assert not service.status().can_roll_back


def test_weights_of_an_earlier_life_come_back_without_an_export(tmp_path: Path) -> None:
    network = fake_network(tmp_path)
    first = _Desk(FakeAdapter(network.weights, tmp_path / "life-1"), network)
    assert first.report().onnx is None
    first._adapter.add("good")
    first.work()
    accepted = first.report()
    later = _Desk(FakeAdapter(accepted.weights, tmp_path / "life-2"), network)
    assert later.report().progress.revision == 0
    assert later.report().onnx == accepted.onnx is not None


def test_every_decision_is_noted_whatever_becomes_of_the_learner(serve: Serve) -> None:
    service = serve()
    service.offer(["good"])
    take(service, 1)
    born_first = service.pid
    psutil.Process(born_first).kill()
    another_learner(service, born_first)
    service.offer(["good"])
    take(service, 2)
    assert noted(service) == [("made up", 1), ("made up", 2)]
    service.offer(["worse"])
    take(service, 1)
    born_later = service.pid
    assert service.roll_back()  # To before the birth of this learner.
    another_learner(service, born_later)
    asked_for = ("former weights asked for", 0)
    assert noted(service) == [("made up", 1), ("made up", 2), ("made up", 1), asked_for]
    service.offer(["good"])
    take(service, 3)
    progress = service.status().progress
    assert noted(service)[3:] == [asked_for, ("made up", 3)]
    assert progress.accepted == 3
    assert [d.rolled_back for d in progress.decisions] == [False, False, True, True, False]


def test_a_roll_back_without_a_learner_is_noted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tended_process, "RESTART_PAUSES_S", ())
    service = serve()
    service.offer(["good"])
    take(service, 1)
    psutil.Process(service.pid).kill()
    reach(service, AdaptationState.FAILED)
    assert service.roll_back()
    assert noted(service) == [("made up", 1), ("former weights asked for", 0)]


def test_more_is_counted_than_the_learner_reports(tmp_path: Path) -> None:
    service = AdaptationService(
        fake_network(tmp_path), make_fake_adapter, load_text, EverySighting()
    )
    desk = _Desk(FakeAdapter(tmp_path / "first.weights", tmp_path), fake_network(tmp_path))
    for _ in range(REPORTED_DECISIONS + 50):
        desk._adapter.add("good")
        desk.work()
        service._note_decisions(desk.report().progress.decisions)
    assert len(desk.report().progress.decisions) == REPORTED_DECISIONS
    assert service.status().progress.accepted == REPORTED_DECISIONS + 50


def test_weights_that_cannot_be_loaded_are_given_up(serve: Serve) -> None:
    def load(network: NetworkFile) -> tuple[str, ...]:
        if network.weights.stem == "adapted-0001":
            raise RuntimeError("no such operator")
        return load_text(network)

    service = serve(load=load)
    service.offer(["good"])
    wait_until(lambda: "no such operator" in service.status().sentence, SLOW_S)
    wait_until(lambda: service.status().progress.revision == 0, SLOW_S)
    assert service.status().revision == 0
    service.offer(["good"])
    assert take(service, 2) == ("first+2",) * 2
    assert noted(service) == [
        ("made up", 1),
        ("the new weights could not be loaded", 0),
        ("made up", 2),
    ]


def test_what_was_seen_while_the_learner_loads_is_not_known_to_it(serve: Serve) -> None:
    service = serve(chooser=EverySightingOnce())
    many = [f"pose {k}" for k in range(3 * WAITING_SAMPLES)]
    wait_until(lambda: service.pid is not None, SLOW_S)
    service.offer(many)
    reach(service, AdaptationState.LEARNING)
    wait_until(lambda: service.status().samples_sent == WAITING_SAMPLES, SLOW_S)
    service.offer(many[:1])  # Driven out by newer ones.
    wait_until(lambda: service.status().samples_sent == WAITING_SAMPLES + 1, SLOW_S)
