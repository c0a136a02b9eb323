from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.sources.presenter import Kind, SourcesPresenter, label_of
from engine.capture.camera import SourceInfo
from tests.fakes.waiting import wait_until

DEVICE = SourceInfo("realsense:123", "Intel RealSense D435", live=True)
SIMULATED = SourceInfo("sim:", "Simulated camera", live=False)


def _searched(found: Sequence[SourceInfo] = (DEVICE, SIMULATED)) -> SourcesPresenter:
    presenter = SourcesPresenter(lambda: found)
    presenter.refresh()
    wait_until(presenter.poll)
    return presenter


def test_before_a_search_the_simulated_cameras_are_offered() -> None:
    choices = SourcesPresenter(list).choices("sim:", ())
    assert [(c.uri, c.label) for c in choices] == [
        ("sim:", "Simulated hand"),
        ("sim-stereo:", "Simulated stereo camera"),
    ]
    assert {c.kind for c in choices} == {Kind.SIMULATED}


def test_devices_come_first_by_name_then_simulated_ones_then_recent_ones() -> None:
    choices = _searched().choices("sim:", ("folder:/data/x", "realsense:123"))
    assert [c.uri for c in choices] == ["realsense:123", "sim:", "sim-stereo:", "folder:/data/x"]
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
    wait_until(presenter.poll)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    assert presenter.choices("sim:", ())[0].uri == DEVICE.uri


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_a_broken_sdk_finds_nothing(error: type[Exception]) -> None:
    def broken() -> list[SourceInfo]:
        raise error("no driver")

    presenter = SourcesPresenter(broken)
    presenter.refresh()
    wait_until(presenter.poll)
    assert [c.uri for c in presenter.choices("sim:", ())] == ["sim:", "sim-stereo:"]


def test_an_unplugged_device_is_not_opened_at_the_start() -> None:
    assert _searched([SIMULATED]).first_uri("realsense:123") == "sim:"
    assert _searched().first_uri("realsense:123") == "realsense:123"


def test_an_attached_device_goes_before_the_simulated_hand_at_the_start() -> None:
    assert _searched().first_uri("sim:") == "realsense:123"


def test_a_folder_is_opened_again_only_if_it_is_still_there(tmp_path: Path) -> None:
    assert _searched([SIMULATED]).first_uri(f"folder:{tmp_path}") == f"folder:{tmp_path}"
    assert _searched([SIMULATED]).first_uri(f"folder:{tmp_path}/gone") == "sim:"


def test_two_folders_are_opened_again_only_if_both_are_still_there(tmp_path: Path) -> None:
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        uri = f"images:{tmp_path}/left,{tmp_path}/right?rig={tmp_path}/rig.toml"
        assert _searched([SIMULATED]).first_uri(uri) == ("sim:" if name == "left" else uri)


def test_pictures_named_by_patterns_are_opened_again_while_there_are_some(tmp_path: Path) -> None:
    uri = f"images:{tmp_path}/left*,{tmp_path}/right*?rig={tmp_path}/rig.toml"
    assert _searched([SIMULATED]).first_uri(uri) == "sim:"
    for side in ("left", "right"):
        (tmp_path / f"{side}01.png").touch()
    assert _searched([SIMULATED]).first_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("sim-stereo:", "sim-stereo:"),
        ("uvc:0,1?rig=/rig.toml", "uvc:0,1?rig=/rig.toml"),
        ("realsense-ir:123", "realsense-ir:123"),
        ("realsense-ir:7", "realsense:123"),
        ("zed:7", "realsense:123"),
    ],
)
def test_a_stereo_camera_is_opened_again_unless_it_is_known_to_be_gone(
    uri: str, found: str
) -> None:
    assert _searched().first_uri(uri) == found


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("folder:/data/walk", "Folder  ·  walk"),
        ("cvar:/data/P4?fps=15", "CVAR data set  ·  P4?fps=15"),
        ("sim:seed=3", "Simulated hand  ·  seed=3"),
        ("sim-stereo:", "Simulated stereo camera"),
        ("uvc:0,1?rig=/home/me/rig.toml", "Webcams  ·  0, 1"),
        ("images:/a/left,/a/right?rig=/a/rig.toml,fps=10", "Two folders  ·  left, right?fps=10"),
        ("odd", "odd"),
    ],
)
def test_labels_are_short(uri: str, label: str) -> None:
    assert label_of(uri) == label
