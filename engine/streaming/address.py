"""Where a stream goes, as people write it: `websocket:8765`, `osc:192.168.0.7:39539`.

    websocket[:[HOST:]PORT][?axes=NAME&origin=URL&clients=N]
    osc[:[HOST:]PORT]

Without a host it is 127.0.0.1, this machine alone. An IPv6 host stands in brackets.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qsl

from engine.errors import UserError
from engine.export.axes import PRESETS

DEFAULT_AXES = "opencv"
LOOPBACK = "127.0.0.1"
EXAMPLE = "websocket:8765 or osc:127.0.0.1:39539"
MOST_CLIENTS = 256


class StreamError(UserError):
    """A stream cannot be opened as it was asked for."""


class StreamKind(StrEnum):
    """How scenes are sent."""

    WEBSOCKET = "websocket"
    OSC = "osc"


DEFAULT_PORTS = {StreamKind.WEBSOCKET: 8765, StreamKind.OSC: 39539}
"""39539 is where programs that draw avatars listen (protocol.vmc.info)."""
OPTIONS: dict[StreamKind, tuple[str, ...]] = {
    StreamKind.WEBSOCKET: ("axes", "origin", "clients"),
    StreamKind.OSC: (),
}


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """One stream that is wanted."""

    kind: StreamKind
    host: str
    """To listen on (WebSocket) or to send to (OSC)."""
    port: int
    axes: str = DEFAULT_AXES
    """WebSocket: what a listener gets that asks for nothing else."""
    origins: tuple[str, ...] = ()
    """WebSocket: web pages of other machines that may listen, such as https://example.org; "null"
    for pages opened from a file, "*" for every page."""
    clients: int = 16
    """WebSocket: how many may listen at once."""

    def __str__(self) -> str:
        return f"{self.kind}:{place(self.host, self.port)}"

    @property
    def loopback(self) -> bool:
        """Whether no other machine is involved."""
        return is_loopback(self.host)


def place(host: str, port: int) -> str:
    """HOST:PORT, with brackets where the host has colons itself."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a name or number means this machine and can be reached from no other."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(text: str) -> StreamAddress:
    """Raises StreamError where `text` is no address of a stream."""
    where, _, query = text.strip().partition("?")
    name, _, rest = where.partition(":")
    if name not in list(StreamKind):
        raise _wrong(text, "'websocket' or 'osc' in front", f"'{name}'")
    kind = StreamKind(name)
    host, port = _host_and_port(text, rest, DEFAULT_PORTS[kind])
    return _with_options(text, StreamAddress(kind, host, port), query)


def _host_and_port(text: str, rest: str, default_port: int) -> tuple[str, int]:
    match = re.fullmatch(r"(?:(?P<host>\[[^\]]+\]|[^:\[\]]+):)?(?P<port>[0-9]+)?", rest)
    if match is None:
        raise _wrong(text, "HOST:PORT or PORT", f"'{rest}'")
    port = int(match["port"] or default_port)
    if not 1 <= port <= 65535:
        raise _wrong(text, "a port from 1 to 65535", f"{port}")
    return (match["host"] or LOOPBACK).strip("[]"), port


def _with_options(text: str, address: StreamAddress, query: str) -> StreamAddress:
    known = OPTIONS[address.kind]
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in known:
            names = ", ".join(known) or "none"
            raise _wrong(text, f"options of {address.kind} ({names})", f"'{key}'")
        if key == "axes":
            address = replace(address, axes=_axes(text, value))
        elif key == "clients":
            address = replace(address, clients=_clients(text, value))
        else:
            address = replace(address, origins=(*address.origins, _origin(text, value)))
    return address


def _axes(text: str, value: str) -> str:
    if value not in PRESETS:
        raise _wrong(text, f"axes {', '.join(PRESETS)}", f"'{value}'")
    return value


def _origin(text: str, value: str) -> str:
    if value in ("*", "null") or re.fullmatch(r"https?://[^/]+/?", value):
        return value.rstrip("/")
    raise _wrong(text, "origin=https://HOST, origin=null or origin=*", f"'{value}'")


def _clients(text: str, value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MOST_CLIENTS:
        raise _wrong(text, f"clients from 1 to {MOST_CLIENTS}", f"'{value}'")
    return int(value)


def _wrong(text: str, expected: str, found: str) -> StreamError:
    return StreamError(
        f"Cannot stream to '{text}': expected {expected}, found {found}; write for example "
        f"{EXAMPLE}."
    )
