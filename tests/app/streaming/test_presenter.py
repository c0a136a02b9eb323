"""Streams of the window: on, off, failures as sentences, and what the badge says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import websocket

from app.streaming.presenter import DEFAULT_ADDRESSES, StreamsPresenter
from engine.sinks import SceneSinks
from engine.streaming.streams import Streams, open_streams
from tests.engine.streaming.hands import free_port, scene_of
from tests.fakes.waiting import wait_until


class Opener:
    """Opens what the window asks for at a port that is free."""

    def __init__(self) -> None:
        self.port = free_port()
        self.opened: list[Streams] = []

    def __call__(self, addresses: Sequence[str]) -> Streams:
        assert addresses == DEFAULT_ADDRESSES
        self.opened.append(open_streams([f"{addresses[0]}:{self.port}"]))
        return self.opened[-1]


@pytest.fixture
def opener() -> Opener:
    return Opener()


@pytest.fixture
def sinks() -> SceneSinks:
    return SceneSinks()


@pytest.fixture
def presenter(sinks: SceneSinks, opener: Opener) -> Iterator[StreamsPresenter]:
    made = StreamsPresenter(sinks, opener)
    yield made
    made.close()
    assert not any(streams.running for streams in opener.opened)


def test_nothing_runs_until_it_is_wanted(presenter: StreamsPresenter, opener: Opener) -> None:
    assert not presenter.on
    assert presenter.badge() is None
    assert not opener.opened
    presenter.switch_off()


def test_the_badge_says_who_listens(
    presenter: StreamsPresenter, sinks: SceneSinks, opener: Opener
) -> None:
    assert presenter.switch_on() == ""
    assert presenter.switch_on() == ""  # Twice is once.
    assert len(opener.opened) == 1
    badge = presenter.badge()
    assert badge is not None
    assert badge.text == "Streaming · nobody listens"
    assert "for programs on this machine only" in badge.tip
    listener = websocket.create_connection(
        f"ws://127.0.0.1:{opener.port}", timeout=5, suppress_origin=True
    )
    wait_until(lambda: presenter.badge().text == "Streaming · 1 listening")
    listener.recv()
    sinks.offer_scene(scene_of())
    assert '"scene"' in listener.recv()
    wait_until(lambda: "1 messages sent, 0 skipped" in presenter.badge().tip)
    listener.close(timeout=1)


def test_off_and_on_again_uses_the_same_port(presenter: StreamsPresenter, opener: Opener) -> None:
    for _ in range(3):
        assert presenter.switch_on() == ""
        presenter.switch_off()
        assert presenter.badge() is None
    assert len(opener.opened) == 3


def test_a_taken_port_is_a_sentence(presenter: StreamsPresenter, opener: Opener) -> None:
    with open_streams([f"websocket:{opener.port}"]):
        assert "another program listens there already" in presenter.switch_on()
        assert not presenter.on
        assert presenter.badge() is None
    assert presenter.switch_on() == ""


def test_a_failure_shows(presenter: StreamsPresenter, sinks: SceneSinks, opener: Opener) -> None:
    presenter.switch_on()
    listener = websocket.create_connection(
        f"ws://127.0.0.1:{opener.port}", timeout=5, suppress_origin=True
    )
    wait_until(lambda: presenter.badge().text.endswith("1 listening"))
    sinks.offer_scene("no scene")
    wait_until(lambda: presenter.badge().failed)
    assert presenter.badge().text == "Stream failed"
    assert "internal error" in presenter.badge().tip
    listener.close(timeout=1)


def test_streams_of_the_command_line_stay_open_when_switched_off(
    sinks: SceneSinks, opener: Opener
) -> None:
    with open_streams(["osc:39996"]) as given:
        presenter = StreamsPresenter(sinks, opener, given)
        presenter.switch_on()
        sinks.offer_scene(scene_of())
        wait_until(lambda: given.status()[0].sent == 1)
        assert presenter.badge().text == "Streaming · sending"
        assert "OSC (VMC) to 127.0.0.1:39996" in presenter.badge().tip
        presenter.switch_off()
        sinks.offer_scene(scene_of())
        presenter.close()
        assert given.running
        assert given.status()[0].sent == 1
        assert not opener.opened
