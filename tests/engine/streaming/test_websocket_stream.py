"""The WebSocket server, heard by another library: websocket-client, and bare sockets."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from typing import Any

import numpy as np
import psutil
import pytest
import websocket

from engine.streaming import listener, websocket_stream
from engine.streaming.address import StreamError, parse_address
from engine.streaming.admission import Refusal, Wish, admit, origin_allowed
from engine.streaming.listening_socket import exposure
from engine.streaming.messages import Topic
from engine.streaming.openxr import JOINT_NAMES
from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.hands import free_port, random_hand, scene_of
from tests.fakes.waiting import wait_until

Client = websocket.WebSocket


@pytest.fixture
def stream() -> Iterator[WebSocketStream]:
    made = opened()
    yield made
    assert made.stop()
    assert not made.running


def opened(options: str = "") -> WebSocketStream:
    made = WebSocketStream(parse_address(f"websocket:{free_port()}{options}"))
    made.start()
    return made


@contextmanager
def client(
    stream: WebSocketStream, path: str = "/handtune", origin: str | None = None
) -> Iterator[Client]:
    """Connected and greeted."""
    url = f"ws://127.0.0.1:{stream.address.port}{path}"
    before = stream.status().clients
    made = websocket.create_connection(
        url, timeout=5, suppress_origin=origin is None, origin=origin
    )
    try:
        assert json.loads(made.recv())["type"] == "hello"
        wait_until(lambda: stream.status().clients > before)
        yield made
    finally:
        made.close(timeout=1)


def heard(connection: Client) -> dict[str, Any]:
    return json.loads(connection.recv())


def refused(stream: WebSocketStream, path: str = "/handtune", origin: str | None = None) -> str:
    """The answer to one who is not let in: status and sentence."""
    with (
        pytest.raises(websocket.WebSocketBadStatusException) as failure,
        client(stream, path, origin),
    ):
        pass
    return f"{failure.value.status_code} {(failure.value.resp_body or b'').decode()}"


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


def test_what_clients_say_is_ignored(stream: WebSocketStream) -> None:
    with client(stream) as loud, client(stream) as other:
        for word in ("stop", '{"type":"hello"}', "x" * 1024, ""):
            loud.send(word)
        loud.send_binary(b"\0" * 512)
        for sequence in range(3):
            stream.offer_scene(scene_of(sequence=sequence))
            assert heard(loud)["sequence"] == heard(other)["sequence"] == sequence
    assert stream.health().failure == ""


def test_too_long_a_message_ends_the_connection(stream: WebSocketStream) -> None:
    with client(stream) as loud, client(stream) as other:
        loud.send("x" * 1025)
        opcode, data = loud.recv_data()
        assert opcode == websocket.ABNF.OPCODE_CLOSE
        assert struct.unpack("!H", data[:2])[0] == 1009

        def gone() -> bool:
            stream.offer_scene(scene_of(sequence=1))
            return heard(other)["sequence"] == 1 and stream.status().clients == 1

        wait_until(gone)


def test_a_flood_from_a_client_stays_in_its_own_machine(stream: WebSocketStream) -> None:
    """It is read at 20 messages a second, so the sender's own buffers fill up."""
    with client(stream) as loud, client(stream) as other:
        loud.settimeout(0.2)
        word = "x" * 1000
        sent = 0
        with suppress(websocket.WebSocketTimeoutException):
            while loud.send(word):
                sent += 1
                assert sent < 100_000
        for sequence in range(20):
            stream.offer_scene(scene_of(sequence=sequence))
            assert heard(other)["sequence"] == sequence
        loud.sock.close()


def test_a_stranger_s_bytes_do_no_harm(
    stream: WebSocketStream, capfd: pytest.CaptureFixture[str]
) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    upgrade = (
        f"GET /handtune HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    for noise in (
        b"",
        b"\0" * 100,
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 20_000,
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
        upgrade.replace(b"13", b"99"),
        upgrade + b"\xff\xff\xff\xff",
        upgrade + b"\x81\x05hello",  # A client's frame must be masked.
    ):
        with socket.create_connection(("127.0.0.1", stream.address.port), timeout=5) as stranger:
            stranger.sendall(noise)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
    wait_until(lambda: stream.status().clients == 0)
    with client(stream) as one:
        stream.offer_scene(scene_of(sequence=1))
        assert heard(one)["sequence"] == 1
    assert stream.health().failure == ""
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:8080", True),
        ("https://[::1]", True),
        ("https://example.org", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://192.168.1.5", False),
        ("null", False),
        ("file://", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_pages_of_other_machines_stay_out(origin: str, allowed: bool) -> None:
    assert origin_allowed(origin, ()) is allowed
    assert origin_allowed(origin, (origin,))
    assert origin_allowed(origin, ("*",))


def test_a_page_that_was_named_gets_in(stream: WebSocketStream) -> None:
    assert refused(stream, origin="https://example.org").startswith("403 Web pages of")
    with client(stream, origin="http://localhost:5173"):
        pass
    named = opened("?origin=https://example.org")
    try:
        with client(named, origin="https://example.org"):
            pass
        assert refused(named, origin="https://example.com").startswith("403")
    finally:
        named.stop()


def test_two_origins_are_both_judged() -> None:
    address = parse_address("websocket:5")
    verdict = admit("/", ("http://localhost", "https://example.org"), 0, address)
    assert isinstance(verdict, Refusal)
    assert verdict.status is HTTPStatus.FORBIDDEN
    assert admit("/", ("http://localhost",), 0, address) == Wish(Topic.HANDTUNE, "opencv")


def test_other_paths_and_axes_are_refused_with_what_there_is(stream: WebSocketStream) -> None:
    assert "404 There is no /camera here; listen to /handtune or /openxr" in refused(
        stream, "/camera"
    )
    assert "400 Axes 'maya' are not known; ask for opencv" in refused(stream, "/handtune?axes=maya")


def test_the_number_of_clients_is_bounded() -> None:
    stream = opened("?clients=3")
    try:
        with ExitStack() as open_clients:
            for _ in range(3):
                open_clients.enter_context(client(stream))
            assert refused(stream).startswith("503 3 clients listen already")
        wait_until(lambda: stream.status().clients == 0)
        with client(stream):
            pass
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


def test_only_loopback_is_bound(stream: WebSocketStream) -> None:
    bound = [
        connection.laddr
        for connection in psutil.Process().net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1] == stream.address.port
    ]
    assert [address[0] for address in bound] == ["127.0.0.1"]


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
