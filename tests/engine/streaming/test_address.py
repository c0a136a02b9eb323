"""Addresses of streams as people write them, and the sentences where they are wrong."""

from __future__ import annotations

import pytest

from engine.errors import UserError
from engine.streaming.address import StreamAddress, StreamKind, is_loopback, parse_address

WEBSOCKET, OSC = StreamKind.WEBSOCKET, StreamKind.OSC


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("websocket:8765", StreamAddress(WEBSOCKET, "127.0.0.1", 8765)),
        ("websocket", StreamAddress(WEBSOCKET, "127.0.0.1", 8765)),
        (" osc ", StreamAddress(OSC, "127.0.0.1", 39539)),
        ("osc:192.168.0.7:39540", StreamAddress(OSC, "192.168.0.7", 39540)),
        ("websocket:0.0.0.0:80", StreamAddress(WEBSOCKET, "0.0.0.0", 80)),
        ("websocket:[::1]:9000", StreamAddress(WEBSOCKET, "::1", 9000)),
        ("websocket:localhost:9000", StreamAddress(WEBSOCKET, "localhost", 9000)),
        (
            "websocket:9000?axes=unity&clients=2&origin=https://a.org/&origin=null",
            StreamAddress(WEBSOCKET, "127.0.0.1", 9000, "unity", ("https://a.org", "null"), 2),
        ),
    ],
)
def test_addresses(text: str, address: StreamAddress) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["websocket:8765", "osc:10.0.0.9:39539", "websocket:[::1]:9000"])
def test_an_address_can_be_written_again(text: str) -> None:
    address = parse_address(text)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "expected 'websocket' or 'osc' in front, found ''"),
        ("udp:5", "found 'udp'"),
        ("websocket:0", "expected a port from 1 to 65535, found 0"),
        ("websocket:65536", "found 65536"),
        ("websocket:a:b", "expected HOST:PORT or PORT, found 'a:b'"),
        ("websocket:::1:5", "expected HOST:PORT"),
        ("websocket:5?axes=maya", "expected axes opencv, gltf, blender, unity, unreal, ros"),
        ("websocket:5?axes=", "found ''"),
        ("websocket:5?clients=0", "expected clients from 1 to 256, found '0'"),
        ("websocket:5?clients=-1", "found '-1'"),
        ("websocket:5?origin=a.org", "expected origin=https://HOST"),
        ("websocket:5?port=6", "expected options of websocket (axes, origin, clients)"),
        ("osc:5?axes=unity", "expected options of osc (none), found 'axes'"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, part: str) -> None:
    with pytest.raises(UserError) as failure:
        parse_address(text)
    sentence = str(failure.value)
    assert part in sentence
    assert f"'{text}'" in sentence
    assert "write for example websocket:8765" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.3.4.5", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_loopback_is_what_no_other_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
