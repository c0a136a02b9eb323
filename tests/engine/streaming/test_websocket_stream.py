"""The WebSocket server, heard by another library: websocket-client, and bare sockets."""

from __future__ import annotations

import socket
import struct
import threading
import time

import numpy as np
import psutil
import pytest
import websocket

from engine.streaming import listener, websocket_stream
from engine.streaming.address import StreamError, parse_address
from engine.streaming.listening_socket import exposure
from engine.streaming.openxr import JOINT_NAMES
from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.hands import free_port, random_hand, scene_of
from tests.engine.streaming.websocket_clients import client, heard, opened
from tests.fakes.waiting import wait_until


def test_a_scene_reaches_everyone_as_they_asked(stream: WebSocketStream) -> None:
    hand = random_hand(1)
    with (
        client(stream) as plain,
        client(stream, "/") as also_plain,
        client(stream, "/handtune?axes=unity") as unity,
        client(stream, "/openxr") as openxr,
    ):
        stream.offer_scene(scene_of(hand, sequence=9))
        said = heard(plain)
        assert said == heard(also_plain)
        assert said["sequence"] == 9
        np.testing.assert_allclose(said["hands"][0]["joints"], hand.joints, atol=1e-6)
        in_unity = heard(unity)["hands"][0]["joints"]
        np.testing.assert_allclose(in_unity, hand.joints * [1, -1, 1], atol=1e-6)
        joints = heard(openxr)["hands"][0]["joints"]
        tip = joints[JOINT_NAMES.index("index_tip")]["position"]
        np.testing.assert_allclose(tip, hand.joints[8] * [1, -1, -1], atol=1e-6)
        wait_until(lambda: stream.status().sent == 4)
        status = stream.status()
        assert (status.clients, status.dropped, status.failed) == (4, 0, False)
        assert status.address == f"websocket:127.0.0.1:{stream.address.port}"
        assert stream.health().failure == ""


def test_scenes_come_in_order_and_none_is_repeated(stream: WebSocketStream) -> None:
    with client(stream) as one:
        for sequence in range(50):
            stream.offer_scene(scene_of(sequence=sequence))
            assert heard(one)["sequence"] == sequence
    wait_until(lambda: stream.status().clients == 0)
    assert (stream.status().sent, stream.status().dropped) == (50, 0)


def test_clients_come_and_go(stream: WebSocketStream) -> None:
    for sequence in range(8):
        with client(stream) as one:
            stream.offer_scene(scene_of(sequence=sequence))
            assert heard(one)["sequence"] == sequence
        wait_until(lambda: stream.status().clients == 0)
        stream.offer_scene(scene_of())  # Nobody listens.
    assert stream.status().sent == 8
    assert stream.status().dropped == 0


def test_a_client_that_vanishes_is_forgotten(stream: WebSocketStream) -> None:
    with client(stream) as one:
        one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sock.close()  # A reset: as a machine that is switched off.
        wait_until(lambda: stream.status().clients == 0)
    with client(stream) as other:
        stream.offer_scene(scene_of(sequence=2))
        assert heard(other)["sequence"] == 2


def test_a_slow_client_gets_the_newest_and_slows_nobody(stream: WebSocketStream) -> None:
    hands = [random_hand(seed) for seed in (1, 2)]
    with client(stream) as slow, client(stream) as quick:
        last = 600
        started = time.monotonic()
        for sequence in range(last + 1):
            before = time.monotonic()
            stream.offer_scene(scene_of(*hands, sequence=sequence))
            assert time.monotonic() - before < 1.0
            assert heard(quick)["sequence"] == sequence  # Each one, while the other takes none.
        assert time.monotonic() - started < 60
        status = stream.status()
        assert status.clients == 2
        assert status.dropped > 100
        backlog = [heard(slow)["sequence"]]
        while backlog[-1] < last:
            backlog.append(heard(slow)["sequence"])
        assert backlog == sorted(set(backlog))
        assert len(backlog) + status.dropped == last + 1


def test_a_client_that_takes_nothing_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "SEND_TIMEOUT_S", 0.2)
    stream = opened()
    hands = [random_hand(seed) for seed in (1, 2)]
    try:
        with client(stream):

            def gone() -> bool:
                stream.offer_scene(scene_of(*hands))
                return stream.status().clients == 0

            wait_until(gone, timeout_s=20)
    finally:
        assert stream.stop()


def test_a_client_that_answers_no_ping_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_stream, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(websocket_stream, "PING_TIMEOUT_S", 0.1)
    stream = opened()
    try:
        with client(stream):  # websocket-client answers pings only while it receives.
            wait_until(lambda: stream.status().clients == 0)
    finally:
        assert stream.stop()


def test_the_default_axes_are_those_of_the_address() -> None:
    stream = opened("?axes=ros")
    hand = random_hand(1)
    try:
        with client(stream) as ros, client(stream, "/handtune?axes=opencv") as opencv:
            stream.offer_scene(scene_of(hand))
            assert heard(ros)["axes"] == "ros"
            assert heard(opencv)["axes"] == "opencv"
    finally:
        stream.stop()


def test_a_taken_port_is_one_sentence(stream: WebSocketStream) -> None:
    second = WebSocketStream(stream.address)
    with pytest.raises(StreamError, match="another program listens there already") as failure:
        second.start()
    assert str(stream.address.port) in str(failure.value)
    assert not second.running
    assert second.stop()


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_one_sentence(host: str) -> None:
    stream = WebSocketStream(parse_address(f"websocket:{host}:{free_port()}"))
    with pytest.raises(StreamError, match="expected an address of this machine"):
        stream.start()


def test_what_is_exposed_is_said() -> None:
    said = {
        text: exposure(parse_address(text))
        for text in ("websocket:5", "websocket:0.0.0.0:5", "websocket:5?origin=https://a.org")
    }
    assert "programs on this machine only" in said["websocket:5"]
    assert "every machine that can reach this one" in said["websocket:0.0.0.0:5"]
    assert "Web pages of https://a.org may listen" in said["websocket:5?origin=https://a.org"]
    assert all("\n" not in sentence for sentence in said.values())


def test_stopping_says_goodbye_and_frees_the_port() -> None:
    stream = opened()
    with client(stream) as one:
        before = time.monotonic()
        stopping = threading.Thread(target=stream.stop)
        stopping.start()
        opcode, data = one.recv_data()
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        assert struct.unpack("!H", data[:2])[0] == 1001
        stopping.join(5)
        assert time.monotonic() - before < 5
    assert not stream.running
    stream.offer_scene(scene_of())  # Too late, and no harm.
    again = WebSocketStream(stream.address)
    again.start()
    assert again.stop()


def test_stopping_waits_for_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """One takes nothing, so that the server cannot even say goodbye."""
    monkeypatch.setattr(websocket_stream, "CLOSING_S", 0.1)
    stream = opened()
    hands = [random_hand(seed) for seed in (1, 2)]
    with client(stream):

        def stuck() -> bool:
            stream.offer_scene(scene_of(*hands))
            return stream.status().dropped > 20

        wait_until(stuck, timeout_s=20)
        assert stream.stop(timeout_s=3)


def test_a_failure_inside_is_kept_and_shown(
    stream: WebSocketStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(stream):
        monkeypatch.setattr(stream._messages, "encode", lambda *_: 1 / 0)
        stream.offer_scene(scene_of())
        wait_until(lambda: not stream.running)
    status = stream.status()
    assert status.failed
    assert "ZeroDivisionError" in status.sentence
    stream.offer_scene(scene_of())  # The tracker does not feel it.


@pytest.mark.slow
def test_ten_thousand_scenes_leave_nothing_behind(
    stream: WebSocketStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made-up texts of the usual size: what is tested is what lies between them and the wire."""
    padding = "x" * 5_000
    monkeypatch.setattr(
        stream._messages,
        "encode",
        lambda scene, *_: f'{{"sequence":{scene.sequence},"padding":"{padding}"}}',
    )
    process = psutil.Process()
    with client(stream) as quick, client(stream, "/openxr"):  # The second one never reads.
        for sequence in range(10_000):
            stream.offer_scene(scene_of(sequence=sequence))
            while sequence % 10 == 0 and heard(quick)["sequence"] < sequence:
                pass
            if sequence == 1_000:
                before = process.memory_info().rss
        grown_mb = (process.memory_info().rss - before) / 1e6
    assert grown_mb < 8  # The texts are 100 MB.
