"""The live adaptation with made-up learners in real processes: what it does and survives."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.adaptation import tended_process
from engine.adaptation.learner_side import REPORTED_DECISIONS, MakeAdapter, _Desk
from engine.adaptation.service import WAITING_SAMPLES, AdaptationService
from engine.adaptation.status import AdaptationState
from engine.inference.backend import NetworkFile
from tests.fakes.adapters import (
    FakeAdapter,
    break_at_once,
    fake_network,
    load_text,
    make_fake_adapter,
    refuse_weights,
)
from tests.fakes.waiting import wait_until

SLOW_S = 60.0
"""Starting a process takes seconds where the machine is busy, and so does the end of one of the
lowest priority, which needs a turn to die. Whatever hangs here would hang for much longer."""


class EverySighting:
    """Takes each sighting for a sample."""

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def consider(self, sighting: str) -> str:
        return sighting


class EverySightingOnce(EverySighting):
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
    def consider(self, sighting: str) -> str:
        raise ZeroDivisionError(sighting)


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    wait_until(lambda: not multiprocessing.active_children(), SLOW_S)


@pytest.fixture(autouse=True)
def quick_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tended_process, "RESTART_PAUSES_S", (0.0, 0.0))


Serve = Callable[..., AdaptationService]


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


def another_learner(service: AdaptationService, former_pid: int | None) -> None:
    wait_until(lambda: service.pid not in (former_pid, None), SLOW_S)
    reach(service, AdaptationState.COLLECTING)


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


def noted(service: AdaptationService) -> list[tuple[str, int]]:
    return [(d.reason, d.revision) for d in service.status().progress.decisions]


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


def test_a_killed_learner_is_started_again_where_it_was(serve: Serve) -> None:
    chooser = EverySighting()
    service = serve(chooser=chooser)
    reach(service, AdaptationState.COLLECTING)
    service.offer(["good"])
    assert chooser.resets == 1
    assert take(service, 1) == ("first+1",) * 2
    assert service.pid is not None
    psutil.Process(service.pid).kill()
    wait_until(lambda: "(ended by signal 9" in service.status().sentence, SLOW_S)
    assert "started again; tracking goes on" in service.status().sentence
    reach(service, AdaptationState.COLLECTING)
    service.offer(["good"])
    assert chooser.resets == 2  # What the dead learner knew is new to this one.
    assert take(service, 2) == ("first+1+1",) * 2  # A number of its own, from the weights in use.
    assert service.status().sentence == ""

    service.roll_back()
    assert take(service, 1) == ("first+1",) * 2
    born_later = service.pid
    service.roll_back()  # To before the birth of this learner.
    assert take(service, 0) == ("first",) * 2
    wait_until(lambda: service.pid not in (born_later, None), SLOW_S)
    service.offer(["good"])
    assert take(service, 3) == ("first+1",) * 2
    assert service.status().restarts == 1
    assert service.status().weights.read_text("utf-8") == "first+1"


def test_a_learner_that_always_dies_is_given_up(serve: Serve) -> None:
    service = serve(break_at_once)
    reach(service, AdaptationState.FAILED)
    status = service.status()
    assert status.restarts == 2
    assert "for good after 3 attempts (ZeroDivisionError: made up)" in status.sentence
    assert status.revision == 0
    service.offer(["good"])  # Nobody is there, and nothing happens.
    assert service.take_networks() is None


def test_a_fault_that_a_person_must_mend_is_not_tried_again(serve: Serve) -> None:
    service = serve(refuse_weights)
    reach(service, AdaptationState.FAILED)
    assert service.status().restarts == 0
    assert (
        "'first.weights' are damaged; restore them. Tracking goes on" in service.status().sentence
    )


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


def test_a_faulty_choice_pauses_learning_and_not_tracking(serve: Serve) -> None:
    service = serve(chooser=BrokenChooser())
    service.offer(["good"])
    assert "ZeroDivisionError: good" in service.status().sentence
    reach(service, AdaptationState.PAUSED)


def test_what_was_seen_while_the_learner_loads_is_not_known_to_it(serve: Serve) -> None:
    service = serve(chooser=EverySightingOnce())
    many = [f"pose {k}" for k in range(3 * WAITING_SAMPLES)]
    wait_until(lambda: service.pid is not None, SLOW_S)
    service.offer(many)
    reach(service, AdaptationState.LEARNING)
    wait_until(lambda: service.status().samples_sent == WAITING_SAMPLES, SLOW_S)
    service.offer(many[:1])  # Driven out by newer ones.
    wait_until(lambda: service.status().samples_sent == WAITING_SAMPLES + 1, SLOW_S)


def test_a_learner_that_hangs_does_not_hold_up_the_end(serve: Serve) -> None:
    service = serve()
    reach(service, AdaptationState.COLLECTING)
    service.offer(["endless"])
    wait_until(lambda: service.status().samples_sent == 1, SLOW_S)
    assert service.stop(SLOW_S)  # It sleeps for 1000 s.


def test_offering_never_waits_for_a_learner_that_does_not_listen(serve: Serve) -> None:
    service = serve()
    reach(service, AdaptationState.COLLECTING)
    assert service.pid is not None
    psutil.Process(service.pid).suspend()
    start = time.monotonic()
    for _ in range(40):
        service.offer(["x" * 1_000_000])
    assert time.monotonic() - start < SLOW_S  # The full pipe would hold it for ever.
    assert service.status().samples_dropped > 10
    assert service.stop(SLOW_S)
    assert state(service) is AdaptationState.STOPPED


def test_stopping_before_and_while_it_starts(serve: Serve, tmp_path: Path) -> None:
    never = AdaptationService(fake_network(tmp_path), make_fake_adapter, load_text, EverySighting())
    assert never.status().state is AdaptationState.OFF
    assert never.stop()
    service = serve()
    assert service.stop(SLOW_S)
    assert not service.running
    assert service.stop()


def test_nothing_is_left_on_disk(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    service = serve()
    service.offer(["good"])
    take(service, 1)
    assert list((tmp_path / "temporary").iterdir())
    assert service.stop(SLOW_S)
    assert not list((tmp_path / "temporary").iterdir())


def test_it_has_the_lowest_priority(serve: Serve) -> None:
    service = serve()
    reach(service, AdaptationState.COLLECTING)
    learner = psutil.Process(service.pid)
    if psutil.WINDOWS:
        assert learner.nice() == psutil.IDLE_PRIORITY_CLASS
        return
    assert learner.nice() == 19
    if hasattr(os, "SCHED_IDLE"):
        assert os.sched_getscheduler(learner.pid) == os.SCHED_IDLE


def test_it_has_one_thread_that_computes(serve: Serve) -> None:
    """And one that listens for the end."""
    service = serve()
    reach(service, AdaptationState.COLLECTING)
    assert psutil.Process(service.pid).num_threads() == 2


PARENT = """
import sys, time
from pathlib import Path
from engine.adaptation.service import AdaptationService
from tests.fakes.adapters import fake_network, load_text, make_fake_adapter
from tests.engine.adaptation.test_service import EverySighting, state

if __name__ == "__main__":
    service = AdaptationService(
        fake_network(Path(sys.argv[1])), make_fake_adapter, load_text, EverySighting()
    )
    service.start()
    service.offer([sys.argv[2]])
    while not service.status().samples_sent:
        time.sleep(0.01)
    print(service.pid, flush=True)
    time.sleep(1000)
"""


@pytest.mark.parametrize("sample", ["dull", "endless"])
def test_it_dies_with_its_parent_however_busy(tmp_path: Path, sample: str) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, "utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {"PYTHONPATH": str(root), "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), sample],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        reader = threading.Timer(SLOW_S, parent.kill)
        reader.start()
        learner = psutil.Process(int(parent.stdout.readline()))
        reader.cancel()
        reader.join()
        assert list(temporary.glob("handtune-adaptation-*"))
        parent.kill()
    gone, alive = psutil.wait_procs([learner], timeout=SLOW_S)
    assert gone
    assert not alive
    wait_until(lambda: not list(temporary.glob("handtune-adaptation-*")), SLOW_S)
