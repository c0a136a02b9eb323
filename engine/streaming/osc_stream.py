"""Sends hand states as OSC over UDP, with the names of VMC (engine.streaming.vmc).

    inference thread -> Slot[Scene] -> sender thread -> the network

UDP has no clients: nobody says whether anything arrives, and nothing is ever received here.
"""

from __future__ import annotations

import socket

from engine.messages import Health, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns
from engine.runtime.slot import Slot
from engine.runtime.worker import StopSignal, Worker
from engine.streaming.address import StreamAddress, StreamError, place
from engine.streaming.status import StreamStatus
from engine.streaming.vmc import VmcMessages

SCENE_WAIT_S = 0.1


class OscStream:
    """Sends scenes to one place. Start it once; any thread may call any method."""

    def __init__(self, address: StreamAddress) -> None:
        self.address = address
        self._scenes: Slot[Scene] = Slot()
        self._version = 0
        self._began_ns = 0
        self._sent = self._refused = 0
        self._trouble = ""
        self._worker = Worker(
            "osc", self._step, teardown=self._close, dropped=lambda: self.status().dropped
        )

    def start(self) -> None:
        """Send from now on.

        Raises:
            StreamError: the host has no address.
            WeightsError: the hand model is missing.
        """
        self._messages = VmcMessages()
        family, self._target = _resolved(self.address)
        self._began_ns = monotonic_ns()
        # Not connected: so a place where nobody listens yet is no error, it just hears nothing.
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._worker.start()
        except BaseException:
            self._socket.close()
            raise

    def request_stop(self) -> None:
        self._worker.request_stop()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """False where the thread still runs after `timeout_s`."""
        return self._worker.stop(timeout_s)

    @property
    def running(self) -> bool:
        return self._worker.running

    def offer_scene(self, scene: Scene) -> None:
        """Takes microseconds."""
        self._scenes.put(scene)

    def health(self) -> Health:
        """Latency is from the frame in memory to the last packet handed to the network."""
        return self._worker.health()

    def status(self) -> StreamStatus:
        failure = self._worker.failure
        return StreamStatus(
            address=str(self.address),
            clients=None,
            sent=self._sent,
            dropped=self._scenes.overwritten + self._refused,
            sentence=failure.sentence if failure else self._trouble or exposure(self.address),
            failed=failure is not None,
        )

    # From here on, the sender's thread.

    def _step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most SCENE_WAIT_S
        return self._send_newest(SCENE_WAIT_S)

    def _send_newest(self, wait_s: float) -> int | None:
        newer = self._scenes.take_newer(self._version, wait_s)
        if newer is None:
            return None
        self._version, scene = newer
        now_s = (monotonic_ns() - self._began_ns) / NS_PER_S
        try:
            for datagram in self._messages.datagrams(scene, now_s):
                self._socket.sendto(datagram, self._target)
        except OSError as error:  # A cable that is pulled may be put back.
            self._refused += 1
            self._trouble = (
                f"The network does not take what goes to {self.address} "
                f"({error.strerror or error}); check the address and the connection."
            )
            return None
        self._sent += 1
        self._trouble = ""
        return monotonic_ns() - scene.captured_ns

    def _close(self) -> None:
        try:
            self._send_newest(wait_s=0.0)
        finally:
            self._socket.close()


def exposure(address: StreamAddress) -> str:
    """Where hand poses go, and who can read them on the way."""
    where = place(address.host, address.port)
    if address.loopback:
        return f"Hand poses as OSC (VMC) to {where}, on this machine."
    return (
        f"Hand poses as OSC (VMC) to {where}, unencrypted over the network; poses only, no images, "
        "and nothing is received."
    )


def _resolved(address: StreamAddress) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Raises StreamError."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise StreamError(
            f"Cannot stream to '{address.host}': expected a machine's name or address, found none "
            "of that name; check its spelling or write its number."
        ) from error
    family, _, _, _, where = found[0]
    return family, (str(where[0]), int(where[1]))
