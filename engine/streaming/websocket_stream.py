"""The WebSocket server of hand states: one thread, one event loop, any number of slow clients.

    inference thread -> Slot[Scene] -> server thread -> newest text of each client

A scene is made into text once for each kind of wish, and only while somebody listens. Clients never
slow the tracker or each other: each has room for one message, which the next one replaces.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from engine.messages import Health, Scene
from engine.runtime.clock import monotonic_ns
from engine.runtime.slot import Slot
from engine.runtime.worker import StopSignal, Worker
from engine.streaming.address import StreamAddress
from engine.streaming.admission import Refusal, Wish, admit
from engine.streaming.listener import Listener
from engine.streaming.listening_socket import exposure, listening_socket
from engine.streaming.messages import SceneMessages, greeting
from engine.streaming.status import StreamStatus

TURN_S = 0.1
"""The server looks so often whether it should stop."""
LARGEST_MESSAGE = 1024
"""Bytes that a client may send at once; more closes its connection (code 1009)."""
OPENING_S, PING_EVERY_S, PING_TIMEOUT_S, CLOSING_S = 5.0, 5.0, 10.0, 1.0

# What strangers do to the port is no news for the person at the window.
_LOGGER = logging.getLogger("handtune.websocket")
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class WebSocketStream:
    """Sends scenes to everyone who listens. Start it once; any thread may call any method."""

    def __init__(self, address: StreamAddress) -> None:
        self.address = address
        self._scenes: Slot[Scene] = Slot()
        self._version = 0
        self._listeners: tuple[Listener, ...] = ()
        self._left_sent = self._left_dropped = 0
        self._socket: socket.socket | None = None
        self._loop_lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self._server: Server | None = None
        self._worker = Worker(
            "websocket",
            self._step,
            setup=self._open,
            teardown=self._close,
            dropped=lambda: self.status().dropped,
        )

    def start(self) -> None:
        """Listen from now on.

        Raises:
            StreamError: the port is taken, or the host is none of this machine.
            WeightsError: the hand model is missing.
        """
        self._messages = SceneMessages()
        self._socket = listening_socket(self.address)
        try:
            self._worker.start()
        except BaseException:
            self._socket.close()
            raise

    def request_stop(self) -> None:
        self._worker.request_stop()
        self._wake()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Say goodbye to all clients; False where the thread still runs after `timeout_s`."""
        self.request_stop()
        return self._worker.stop(timeout_s)

    @property
    def running(self) -> bool:
        return self._worker.running

    def offer_scene(self, scene: Scene) -> None:
        """Takes microseconds, and nothing where nobody listens."""
        if self._listeners:
            self._scenes.put(scene)
            self._wake()

    def health(self) -> Health:
        """Latency is from the frame in memory to the text handed to all clients."""
        return self._worker.health()

    def status(self) -> StreamStatus:
        listeners = self._listeners
        failure = self._worker.failure
        return StreamStatus(
            address=str(self.address),
            clients=len(listeners),
            sent=self._left_sent + sum(one.sent for one in listeners),
            dropped=self._left_dropped
            + sum(one.dropped for one in listeners)
            + self._scenes.overwritten,
            sentence=failure.sentence if failure else exposure(self.address),
            failed=failure is not None,
        )

    def _wake(self) -> None:
        with self._loop_lock:
            if self._loop is not None and self._news is not None:
                self._loop.call_soon_threadsafe(self._news.set)

    # From here on, the server's thread.

    def _open(self) -> None:
        loop, news = asyncio.new_event_loop(), asyncio.Event()
        with self._loop_lock:
            self._loop, self._news = loop, news
        self._server = loop.run_until_complete(self._serve())

    async def _serve(self) -> Server:
        return await serve(
            self._welcome,
            sock=self._socket,
            process_request=self._judge,
            compression=None,
            logger=_LOGGER,
            server_header=None,
            max_size=LARGEST_MESSAGE,
            max_queue=4,
            open_timeout=OPENING_S,
            ping_interval=PING_EVERY_S,
            ping_timeout=PING_TIMEOUT_S,
            close_timeout=CLOSING_S,
        )

    def _step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most TURN_S
        assert self._loop is not None
        return self._loop.run_until_complete(self._turn())

    async def _turn(self) -> int | None:
        assert self._news is not None
        try:
            async with asyncio.timeout(TURN_S):
                await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        return await self._publish_newest()

    async def _publish_newest(self) -> int | None:
        newer = self._scenes.take_newer(self._version, 0.0)
        if newer is None:
            return None
        self._version, scene = newer
        self._publish(scene)
        await asyncio.sleep(0)  # Let the listeners take it.
        return monotonic_ns() - scene.captured_ns

    def _publish(self, scene: Scene) -> None:
        texts: dict[Wish, str] = {}
        for listener in self._listeners:
            wish = listener.wish
            if wish not in texts:
                texts[wish] = self._messages.encode(scene, wish.topic, wish.axes)
            listener.offer(texts[wish])

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        verdict = self._verdict(request)
        if isinstance(verdict, Refusal):
            return connection.respond(verdict.status, verdict.sentence + "\n")
        return None

    async def _welcome(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        verdict = self._verdict(connection.request)
        if isinstance(verdict, Refusal):  # Others came in while the hands were shaken.
            await connection.close(CloseCode.TRY_AGAIN_LATER, verdict.sentence[:120])
            return
        listener = Listener(connection, verdict)
        self._listeners = (*self._listeners, listener)
        try:
            await listener.serve(greeting(verdict.topic, verdict.axes))
        finally:
            self._listeners = tuple(one for one in self._listeners if one is not listener)
            self._left_sent += listener.sent
            self._left_dropped += listener.dropped

    def _verdict(self, request: Request) -> Wish | Refusal:
        origins = tuple(request.headers.get_all("Origin"))
        return admit(request.path, origins, len(self._listeners), self.address)

    def _close(self) -> None:
        """Goodbye to all; those who do not answer are hung up on."""
        with self._loop_lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            try:
                loop.run_until_complete(self._say_goodbye())
            finally:
                loop.close()
        if self._socket is not None:
            self._socket.close()

    async def _say_goodbye(self) -> None:
        if self._server is None:
            return
        if self._worker.failure is None:
            await self._publish_newest()
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await self._server.wait_closed()
        for listener in self._listeners:
            listener.hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
