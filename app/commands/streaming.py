"""`--stream ADDRESS`: hand states to other programs while a command tracks."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.messages import Frame, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.streaming.address import EXAMPLE
from engine.streaming.status import StreamStatus
from engine.streaming.streams import Streams, open_streams

LONGEST_WAIT_NS = NS_PER_S
"""A recording with a longer pause in it goes on after this."""


def add_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stream",
        action="append",
        default=[],
        metavar="ADDRESS",
        help=f"send hand poses to other programs, such as {EXAMPLE}; may be given several times "
        "(see docs/streaming.md)",
    )


class PacedStreams:
    """Streams of a command, which holds recordings and the simulation to their own time, as those
    who listen expect. A live camera never waits here, and nothing does without a stream."""

    def __init__(self, streams: Streams) -> None:
        self.streams = streams
        self._ahead_ns: int | None = None

    def send(self, frame: Frame, scene: Scene) -> None:
        """A frame's scene, at the frame's time."""
        if not self.streams.status():
            return
        if frame.source_ns is not None:
            self._wait_until(frame.source_ns)
        self.streams.offer_scene(scene)

    def _wait_until(self, source_ns: int) -> None:
        early_ns = source_ns - monotonic_ns() + (self._ahead_ns or 0)
        if self._ahead_ns is not None and 0 <= early_ns <= LONGEST_WAIT_NS:
            time.sleep(early_ns / NS_PER_S)
        else:  # The first, or late, or after a gap: time goes on from here.
            self._ahead_ns = monotonic_ns() - source_ns


@contextmanager
def streaming(addresses: Sequence[str]) -> Iterator[PacedStreams]:
    """Streams that run while the block does; says on stderr what is exposed to whom, and at the
    end what was sent.

    Raises:
        StreamError: an address is wrong, or its port is taken.
    """
    streams = open_streams(addresses)
    streams.start()
    try:
        for status in streams.status():
            print(f"handtune: {status.sentence}", file=sys.stderr)
        yield PacedStreams(streams)
    finally:
        streams.stop()  # Which sends what is under way.
        for status in streams.status():
            print(f"handtune: {_summary(status)}", file=sys.stderr)


def _summary(status: StreamStatus) -> str:
    trouble = f" {status.sentence}" if status.failed else ""
    return f"{status.address}: {status.sent} messages sent, {status.dropped} skipped.{trouble}"
