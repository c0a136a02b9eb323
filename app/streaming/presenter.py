"""Streams of the window, switched on and off while it tracks. Knows nothing of Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.errors import UserError
from engine.sinks import SceneSinks
from engine.streaming.status import StreamStatus
from engine.streaming.streams import Streams

DEFAULT_ADDRESSES = ("websocket",)
"""What the window's switch opens: the usual port, for this machine only."""


@dataclass(frozen=True, slots=True)
class StreamBadge:
    """A few words, and all that is behind them."""

    text: str
    tip: str
    failed: bool = False


class StreamsPresenter:
    """At most one set of streams at a time. Every method belongs to the window's thread."""

    def __init__(
        self,
        sinks: SceneSinks,
        open_streams: Callable[[Sequence[str]], Streams],
        given: Streams | None = None,
    ) -> None:
        """`sinks` gets every scene of every session. `given` streams run already and are somebody
        else's to stop: switched off, they only hear nothing."""
        self._sinks = sinks
        self._open_streams = open_streams
        self._given = given
        self._own: Streams | None = None
        self._on = False

    @property
    def given(self) -> bool:
        """Whether streams were there before the window."""
        return self._given is not None

    @property
    def on(self) -> bool:
        return self._on

    def switch_on(self) -> str:
        """Stream from now on; the sentence to show where that cannot be."""
        if self._on:
            return ""
        streams = self._given
        if streams is None:
            self._forget_own()  # It was asked to end long ago, as a rule.
            try:
                streams = self._own = self._open_streams(DEFAULT_ADDRESSES)
                streams.start()
            except UserError as error:
                self._own = None
                return str(error)
        self._sinks.add(streams)
        self._on = True
        return ""

    def switch_off(self) -> None:
        """Returns at once; clients are told goodbye meanwhile."""
        streams = self._given or self._own
        if self._on and streams is not None:
            self._sinks.remove(streams)
            if streams is self._own:
                streams.request_stop()
        self._on = False

    def close(self) -> None:
        """The end: waits a moment for the goodbyes."""
        self.switch_off()
        self._forget_own()

    def badge(self) -> StreamBadge | None:
        """What to show now; None while nothing is streamed."""
        streams = self._given or self._own
        if not self._on or streams is None:
            return None
        status = streams.status()
        failed = any(one.failed for one in status)
        text = "Stream failed" if failed else f"Streaming · {_audience(status)}"
        return StreamBadge(text, "\n".join(_line(one) for one in status), failed)

    def _forget_own(self) -> None:
        if self._own is not None:
            self._own.stop(timeout_s=2.0)
            self._own = None


def _audience(status: Sequence[StreamStatus]) -> str:
    known = [one.clients for one in status if one.clients is not None]
    if not known:
        return "sending"
    return f"{sum(known)} listening" if any(known) else "nobody listens"


def _line(status: StreamStatus) -> str:
    if status.failed:
        return status.sentence
    return f"{status.sentence}\n{status.sent} messages sent, {status.dropped} skipped"
