"""Who may listen to a WebSocket stream, and to what.

Any program on a machine can reach a port of its loopback, and so can any web page that is open in a
browser there: browsers let pages connect across origins, and only tell from where in the Origin
header. So a page is let in only where it comes from this machine itself, or was named.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from engine.export.axes import PRESETS
from engine.streaming.address import StreamAddress, is_loopback
from engine.streaming.messages import Topic

ANY_ORIGIN = "*"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a listener asked for, and may have. Listeners with the same wish get the same text."""

    topic: Topic
    axes: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a listener is not let in."""

    status: HTTPStatus
    sentence: str


def admit(
    target: str, origins: tuple[str, ...], listening: int, address: StreamAddress
) -> Wish | Refusal:
    """Judge a request for `target` (path and query) with all its Origin headers, while so many
    listen already."""
    for origin in origins:
        if not origin_allowed(origin, address.origins):
            return Refusal(
                HTTPStatus.FORBIDDEN,
                f"Web pages of '{origin}' may not listen here; start the stream with "
                f"?origin={origin} to let them.",
            )
    if listening >= address.clients:
        return Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{listening} clients listen already, which is the limit; start the stream with "
            "?clients=N for more.",
        )
    return _wish(target, address.axes)


def origin_allowed(origin: str, named: tuple[str, ...]) -> bool:
    """Whether pages of an origin may listen: those of this machine, and those that were named."""
    if ANY_ORIGIN in named or origin in named:
        return True
    try:
        parts = urlsplit(origin)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host is not None and is_loopback(host)


def _wish(target: str, default_axes: str) -> Wish | Refusal:
    path, _, query = target.partition("?")
    name = path.strip("/") or Topic.HANDTUNE
    if name not in list(Topic):
        return Refusal(
            HTTPStatus.NOT_FOUND, f"There is no /{name[:40]} here; listen to {_paths()}."
        )
    axes = dict(parse_qsl(query)).get("axes", default_axes)
    if axes not in PRESETS:
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            f"Axes '{axes[:40]}' are not known; ask for {', '.join(PRESETS)}.",
        )
    return Wish(Topic(name), axes)


def _paths() -> str:
    return " or ".join(f"/{topic}" for topic in Topic)
