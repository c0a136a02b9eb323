"""Several streams as one: all or none, in the order in which they were named."""

from __future__ import annotations

import json

import pytest
import websocket

from engine.capture.camera import Camera
from engine.session import TrackingSession
from engine.streaming.address import StreamError
from engine.streaming.streams import open_streams
from tests.engine.streaming.hands import free_port, scene_of
from tests.fakes.cameras import ScriptedCamera, plane_frame
from tests.fakes.estimators import EmptyEstimator
from tests.fakes.waiting import wait_until


def test_all_get_every_scene() -> None:
    port = free_port()
    with open_streams([f"websocket:{port}", "osc:39999"]) as streams:
        listener = websocket.create_connection(
            f"ws://127.0.0.1:{port}", timeout=5, suppress_origin=True
        )
        listener.recv()
        wait_until(lambda: streams.status()[0].clients == 1)
        streams.offer_scene(scene_of(sequence=4))
        assert json.loads(listener.recv())["sequence"] == 4
        wait_until(lambda: [status.sent for status in streams.status()] == [1, 1])
        assert [health.name for health in streams.health()] == ["websocket", "osc"]
        assert streams.running
        listener.close(timeout=1)
    assert not streams.running


def test_none_is_left_running_where_one_cannot_be_opened() -> None:
    port = free_port()
    streams = open_streams([f"websocket:{port}", f"websocket:{port}"])
    with pytest.raises(StreamError, match="listens there already"):
        streams.start()
    assert not streams.running
    with open_streams([f"websocket:{port}"]):  # The port is free again.
        pass


def test_nothing_is_opened_where_one_address_is_wrong() -> None:
    with pytest.raises(StreamError, match="'smoke:5'"):
        open_streams([f"websocket:{free_port()}", "smoke:5"])


def test_no_stream_is_a_sink_too() -> None:
    with open_streams([]) as streams:
        streams.offer_scene(scene_of())
        assert streams.status() == streams.health() == ()


def test_a_session_streams_what_it_tracks() -> None:
    port = free_port()

    def camera(_: str) -> Camera:
        return ScriptedCamera((plane_frame(k) for k in range(10_000)), pause_s=0.002)

    with open_streams([f"websocket:{port}"]) as streams:
        session = TrackingSession("fake:", EmptyEstimator, camera)
        session.add_scene_sink(streams)
        with session:
            listener = websocket.create_connection(
                f"ws://127.0.0.1:{port}/openxr", timeout=5, suppress_origin=True
            )
            assert json.loads(listener.recv())["type"] == "hello"
            sequences = [json.loads(listener.recv())["sequence"] for _ in range(20)]
            assert sequences == sorted(set(sequences))
            listener.close(timeout=1)
