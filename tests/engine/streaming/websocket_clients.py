"""WebSocket clients, of another library than the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import websocket

from engine.streaming.address import parse_address
from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.hands import free_port
from tests.fakes.waiting import wait_until

Client = websocket.WebSocket


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
