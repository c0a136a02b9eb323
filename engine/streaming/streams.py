"""All streams of one session as one sink, with one start and one stop."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

from engine.messages import Health, Scene
from engine.runtime.contexts import StopOnExit
from engine.streaming.address import StreamAddress, StreamKind, parse_address
from engine.streaming.status import StreamStatus


class Stream(Protocol):
    """One way out for scenes, with a thread of its own."""

    def start(self) -> None: ...

    def request_stop(self) -> None: ...

    def stop(self, timeout_s: float = 5.0) -> bool: ...

    @property
    def running(self) -> bool: ...

    def offer_scene(self, scene: Scene) -> None: ...

    def health(self) -> Health: ...

    def status(self) -> StreamStatus: ...


class Streams(StopOnExit):
    """A scene sink (engine.sinks) that hands every scene to all streams."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self._streams = tuple(streams)

    def start(self) -> None:
        """All or none.

        Raises:
            StreamError: one cannot be opened; none runs then.
        """
        with ExitStack() as undo:
            for stream in self._streams:
                stream.start()
                undo.callback(stream.stop)
            undo.pop_all()

    def request_stop(self) -> None:
        for stream in self._streams:
            stream.request_stop()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End all; False where one still hangs after `timeout_s`."""
        self.request_stop()
        ended = [stream.stop(timeout_s) for stream in self._streams]
        return all(ended)

    @property
    def running(self) -> bool:
        """Whether any thread is alive."""
        return any(stream.running for stream in self._streams)

    def offer_scene(self, scene: Scene) -> None:
        for stream in self._streams:
            stream.offer_scene(scene)

    def health(self) -> tuple[Health, ...]:
        return tuple(stream.health() for stream in self._streams)

    def status(self) -> tuple[StreamStatus, ...]:
        """Of each stream, in the order in which they were named."""
        return tuple(stream.status() for stream in self._streams)


def open_streams(addresses: Sequence[str]) -> Streams:
    """Streams to all addresses, not started yet; StreamError where one cannot be read."""
    return Streams([make_stream(parse_address(text)) for text in addresses])


def make_stream(address: StreamAddress) -> Stream:
    """A stream that is not started yet."""
    # Imported here: the window starts without what only streams need.
    if address.kind is StreamKind.OSC:
        from engine.streaming.osc_stream import OscStream

        return OscStream(address)
    from engine.streaming.websocket_stream import WebSocketStream

    return WebSocketStream(address)
