"""What a stream tells of itself, for the window and the end of a command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One look at a stream."""

    address: str
    """As it may be written on the command line: websocket:127.0.0.1:8765."""
    clients: int | None
    """Who listens at present; None for OSC, which cannot know."""
    sent: int
    """Messages that were handed to the network, over all clients."""
    dropped: int
    """Messages that a client was too slow for, or that the network refused."""
    sentence: str
    """For people: where to listen and to whom that is open; or what is wrong."""
    failed: bool = False
    """Whether it has ended by itself, for the reason in `sentence`."""
