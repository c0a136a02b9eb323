from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.sources.presenter import Kind, SourcesPresenter, label_of
from engine.capture.camera import SourceInfo

DEVICE = SourceInfo("realsense:123", "Intel RealSense D435", live=True)
SIMULATED = SourceInfo("sim:", "Simulated camera", live=False)


def _searched(found: Sequence[SourceInfo] = (DEVICE, SIMULATED)) -> SourcesPresenter:
    presenter = SourcesPresenter(lambda: found)
    presenter.refresh()
    _wait(presenter)
    return presenter


def _wait(presenter: SourcesPresenter) -> None:
    deadline = time.monotonic() + 5
    while not presenter.poll():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_before_a_search_the_simulated_hand_is_offered() -> None:
    choices = SourcesPresenter(list).choices("sim:", ())
    assert [(c.uri, c.kind) for c in choices] == [("sim:", Kind.SIMULATED)]


def test_devices_come_first_by_name_then_the_simulated_hand_then_recent_ones() -> None:
    choices = _searched().choices("sim:", ("folder:/data/x", "realsense:123"))
    assert [c.uri for c in choices] == ["realsense:123", "sim:", "folder:/data/x"]
    assert choices[0].label == "Intel RealSense D435"


def test_the_source_in_use_is_always_in_the_list() -> None:
    assert "sim:seed=3" in [c.uri for c in _searched().choices("sim:seed=3", ())]


def test_searching_runs_elsewhere_and_does_not_wait() -> None:
    release, threads = threading.Event(), []

    def slow() -> list[SourceInfo]:
        threads.append(threading.current_thread())
        release.wait(5)
        return [DEVICE]

    presenter = SourcesPresenter(slow)
    started = time.monotonic()
    presenter.refresh()
    presenter.refresh()
    assert not presenter.poll()
    assert time.monotonic() - started < 1.0
    assert presenter.searching
    release.set()
    _wait(presenter)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    assert presenter.choices("sim:", ())[0].uri == DEVICE.uri


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_a_broken_sdk_finds_nothing(error: type[Exception]) -> None:
    def broken() -> list[SourceInfo]:
        raise error("no driver")

    presenter = SourcesPresenter(broken)
    presenter.refresh()
    _wait(presenter)
    assert [c.uri for c in presenter.choices("sim:", ())] == ["sim:"]


def test_an_unplugged_device_is_not_opened_at_the_start() -> None:
    assert _searched([SIMULATED]).first_uri("realsense:123") == "sim:"
    assert _searched().first_uri("realsense:123") == "realsense:123"


def test_an_attached_device_goes_before_the_simulated_hand_at_the_start() -> None:
    assert _searched().first_uri("sim:") == "realsense:123"


def test_a_folder_is_opened_again_only_if_it_is_still_there(tmp_path: Path) -> None:
    assert _searched([SIMULATED]).first_uri(f"folder:{tmp_path}") == f"folder:{tmp_path}"
    assert _searched([SIMULATED]).first_uri(f"folder:{tmp_path}/gone") == "sim:"


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("folder:/data/walk", "Folder  ·  walk"),
        ("cvar:/data/P4?fps=15", "CVAR data set  ·  P4?fps=15"),
        ("sim:seed=3", "Simulated hand  ·  seed=3"),
        ("odd", "odd"),
    ],
)
def test_labels_are_short(uri: str, label: str) -> None:
    assert label_of(uri) == label
