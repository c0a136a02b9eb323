"""Whoever says too much, says nonsense, or comes from elsewhere does no harm."""

from __future__ import annotations

import base64
import os
import socket
import struct
from contextlib import ExitStack, suppress
from http import HTTPStatus

import psutil
import pytest
import websocket

from engine.streaming.address import parse_address
from engine.streaming.admission import Refusal, Wish, admit, origin_allowed
from engine.streaming.messages import Topic
from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.hands import scene_of
from tests.engine.streaming.websocket_clients import client, heard, opened, refused
from tests.fakes.waiting import wait_until


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


def test_only_loopback_is_bound(stream: WebSocketStream) -> None:
    bound = [
        connection.laddr
        for connection in psutil.Process().net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1] == stream.address.port
    ]
    assert [address[0] for address in bound] == ["127.0.0.1"]
