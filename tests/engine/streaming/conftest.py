"""What the tests of a WebSocket stream share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.streaming.websocket_stream import WebSocketStream
from tests.engine.streaming.websocket_clients import opened


@pytest.fixture
def stream() -> Iterator[WebSocketStream]:
    made = opened()
    yield made
    assert made.stop()
    assert not made.running
