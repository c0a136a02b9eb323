"""The port of a WebSocket stream: opened before any thread starts, so that whoever asked for it
hears at once what is wrong."""

from __future__ import annotations

import errno
import socket

from engine.streaming.address import StreamAddress, StreamError, place
from engine.streaming.messages import Topic

BACKLOG = 16


def exposure(address: StreamAddress) -> str:
    """Where to listen, and to whom that is open."""
    where = f"ws://{place(address.host, address.port)}/{Topic.HANDTUNE} and /{Topic.OPENXR}"
    pages = f" Web pages of {', '.join(address.origins)} may listen." if address.origins else ""
    if address.loopback:
        return f"Hand poses at {where}, for programs on this machine only.{pages}"
    return (
        f"Hand poses at {where}: every machine that can reach this one may listen, unencrypted; "
        f"poses only, no images, and nobody can command anything.{pages}"
    )


def listening_socket(address: StreamAddress) -> socket.socket:
    """Bound and listening; StreamError where that cannot be."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, where = found[0]
        return socket.create_server(where[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise StreamError(_sentence(address, error)) from error


def _sentence(address: StreamAddress, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Cannot stream at port {address.port}: another program listens there already; end it "
            f"or choose another port, for example {address.kind}:{address.port + 1}."
        )
    if error.errno == errno.EACCES:
        return f"Cannot stream at port {address.port}: not allowed; choose one from 1024 up."
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return (
            f"Cannot stream at '{address.host}': expected an address of this machine, found none "
            "of that name; write 127.0.0.1 for this machine alone or 0.0.0.0 for all."
        )
    return f"Cannot stream at {address}: {error.strerror or error}; choose another port."
