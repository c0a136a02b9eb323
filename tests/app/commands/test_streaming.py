"""`--stream` of track and run: who hears what, and what is said before and after."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import websocket

from app.cli import main
from app.commands.streaming import PacedStreams
from engine.messages import Frame
from engine.streaming.streams import Streams, open_streams
from tests.engine.streaming.hands import free_port, scene_of
from tests.fakes.cameras import plane_frame
from tests.fakes.truth_estimator import TruthEstimator

SMALL = "sim:width=160,height=120"


class Audience:
    """Listens to a port as soon as there is one, until it closes."""

    def __init__(self, port: int) -> None:
        self.heard: list[dict[str, Any]] = []
        self._url = f"ws://127.0.0.1:{port}"
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError):
                listener = websocket.create_connection(self._url, timeout=10, suppress_origin=True)
                break
            time.sleep(0.01)
        while text := listener.recv():
            self.heard.append(json.loads(text))
        listener.close(timeout=1)

    def leave(self) -> list[dict[str, Any]]:
        self._thread.join(20)
        return self.heard


@pytest.mark.usefixtures("estimator")
def test_track_streams_what_it_tracks(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    audience = Audience(port)
    arguments = ["track", SMALL, "--frames", "40", "--stream", f"websocket:{port}"]
    assert main([*arguments, "--stream", "osc:39998"]) == 0
    greeting, *scenes = audience.leave()
    assert greeting["type"] == "hello"
    assert len(scenes) > 3
    assert scenes[-1]["sequence"] == 39
    assert any(scene["hands"] for scene in scenes)
    said = capsys.readouterr().err
    assert f"handtune: Hand poses at ws://127.0.0.1:{port}/handtune and /openxr, for" in said
    assert "handtune: Hand poses as OSC (VMC) to 127.0.0.1:39998, on this machine." in said
    assert f"handtune: websocket:127.0.0.1:{port}: {len(scenes)} messages sent, 0 skipped." in said
    assert "handtune: osc:127.0.0.1:39998: 40 messages sent, 0 skipped." in said


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        ("smoke:8765", "expected 'websocket' or 'osc' in front, found 'smoke'"),
        ("websocket:99999", "expected a port from 1 to 65535"),
    ],
)
def test_a_wrong_address_ends_it_before_the_work(
    stream: str, sentence: str, estimator: TruthEstimator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["track", SMALL, "--frames", "2", "--stream", stream]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.startswith("handtune: Cannot stream")
    assert said.count("\n") == 1
    assert estimator.frames == 0


def test_a_taken_port_ends_it_before_the_work(
    estimator: TruthEstimator, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_streams([f"websocket:{free_port()}"]) as others:
        address = others.status()[0].address
        assert main(["track", SMALL, "--frames", "2", "--stream", address]) == 2
    said = capsys.readouterr().err
    assert "another program listens there already" in said
    assert said.count("\n") == 1
    assert estimator.frames == 0


def test_recordings_keep_their_time_while_somebody_may_listen() -> None:
    frames = [at(k * 20_000_000) for k in range(11)]
    with open_streams([f"websocket:{free_port()}"]) as streams:
        assert seconds_of(PacedStreams(streams), frames) >= 0.2
        gap = [at(0), at(60_000_000_000)]
        assert seconds_of(PacedStreams(streams), gap) < 10
        live = [plane_frame(k) for k in range(100)]
        assert seconds_of(PacedStreams(streams), live) < 10
    hour = [at(k * 900_000_000) for k in range(4000)]
    assert seconds_of(PacedStreams(open_streams([])), hour) < 10


def at(source_ns: int) -> Frame:
    return replace(plane_frame(0), source_ns=source_ns)


def seconds_of(streams: PacedStreams, frames: list[Frame]) -> float:
    began = time.monotonic()
    for frame in frames:
        streams.send(frame, scene_of())
    return time.monotonic() - began


def test_a_preview_has_no_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--no-window", "--stream", "websocket:8765"]) == 2
    said = capsys.readouterr().err
    assert "python main.py track sim: --stream websocket:8765" in said


def test_the_window_gets_the_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def run_window(_uri: str | None, streams: Streams) -> int:
        assert streams.running
        assert streams.status()[0].address.startswith("websocket:127.0.0.1:")
        made.append(streams)
        return 0

    monkeypatch.setitem(sys.modules, "app.application", SimpleNamespace(run_window=run_window))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert main(["--stream", f"websocket:{free_port()}"]) == 0
    assert not made[0].running
