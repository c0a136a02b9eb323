"""The process of the learner: how it starts, dies, hangs and ends, and what it may take."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from engine.adaptation.service import AdaptationService
from engine.adaptation.status import AdaptationState
from tests.fakes.adapters import (
    break_at_once,
    fake_network,
    load_text,
    make_fake_adapter,
    refuse_weights,
)
from tests.fakes.services import (
    SLOW_S,
    BrokenChooser,
    EverySighting,
    Serve,
    reach,
    state,
    take,
)
from tests.fakes.waiting import wait_until


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


def test_a_faulty_choice_pauses_learning_and_not_tracking(serve: Serve) -> None:
    service = serve(chooser=BrokenChooser())
    service.offer(["good"])
    assert "ZeroDivisionError: good" in service.status().sentence
    reach(service, AdaptationState.PAUSED)


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
from tests.fakes.services import EverySighting

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
    root = Path(__file__).resolve().parents[4]
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
