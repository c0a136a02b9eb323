"""One client of the WebSocket stream: gets the newest message, and says nothing that matters."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from engine.streaming.admission import Wish

SEND_TIMEOUT_S = 10.0
"""A client that takes nothing for so long is let go."""
EAR_PAUSE_S = 0.05
"""Between two messages of a client that are thrown away: what it sends faster stays in its own
machine, and costs nothing here."""
SOCKET_BUFFER = 64 * 1024
"""Bytes that may be under way to a client. The kernel's default holds seconds of hands, which a
slow client would then see late; so it sees few, but new ones."""


class Listener:
    """A connected client; everything runs in the server's event loop."""

    def __init__(self, connection: ServerConnection, wish: Wish) -> None:
        self.wish = wish
        self.sent = 0
        self.dropped = 0
        self._connection = connection
        self._newest: str | None = None
        self._ready = asyncio.Event()

    def offer(self, text: str) -> None:
        """Replace what it has not been sent yet."""
        self.dropped += self._newest is not None
        self._newest = text
        self._ready.set()

    async def serve(self, greeting: str) -> None:
        """Until it leaves, is too slow, or the server closes."""
        wire = self._connection.transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        ears = asyncio.create_task(self._ignore())
        ears.add_done_callback(lambda _: self._ready.set())
        try:
            await self._send(greeting)
            while not ears.done():
                await self._ready.wait()
                self._ready.clear()
                text, self._newest = self._newest, None
                if text is not None:
                    await self._send(text)
                    self.sent += 1
        except (ConnectionClosed, TimeoutError):
            pass
        finally:
            ears.cancel()

    def hang_up(self) -> None:
        """Without the courtesy of a closing handshake."""
        self._connection.transport.abort()

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._connection.send(text)
        except TimeoutError:
            self.hang_up()
            raise

    async def _ignore(self) -> None:
        """Read, because pongs come the same way, and throw away."""
        with suppress(ConnectionClosed):
            while True:
                await self._connection.recv()
                await asyncio.sleep(EAR_PAUSE_S)
