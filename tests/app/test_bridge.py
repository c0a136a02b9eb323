from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.bridge import KEPT_FRAMES, SessionBridge
from app.session_use import SessionWish
from engine.messages import Frame, Scene
from engine.session_status import SessionState
from tests.app.fakes import FakeSession
from tests.app.scenes import make_frame, make_frame_set, make_hand, make_scene


class Desk:
    """A bridge with a note of every session it made and everything it said."""

    def __init__(self, lingering: bool = False) -> None:
        self.sessions: list[FakeSession] = []
        self.lingering = lingering
        self.bridge = SessionBridge(self._make)
        self.scenes: list[tuple[Scene, Frame | None]] = []
        self.frames: list[Frame] = []
        self.released = 0
        self.bridge.scene_arrived.connect(lambda scene, frame: self.scenes.append((scene, frame)))
        self.bridge.frame_arrived.connect(self.frames.append)
        self.bridge.released.connect(self._count_release)

    def _make(self, wish: SessionWish) -> FakeSession:
        self.sessions.append(FakeSession(wish, self.lingering))
        return self.sessions[-1]

    def _count_release(self) -> None:
        self.released += 1


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:  # noqa: ARG001 - makes the application
    made = Desk()
    yield made
    made.bridge.close()


def test_each_scene_arrives_once_with_the_frame_that_it_was_made_from(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.bridge.start(SessionWish("sim:"))
    session = desk.sessions[0]
    session.state = SessionState.RUNNING
    for sequence in range(3):
        frame = make_frame(sequence=sequence)
        session.frame_set = make_frame_set(frame)
        qtbot.waitUntil(lambda s=session: desk.bridge._frame_set is s.frame_set)
    session.scene = make_scene((make_hand(),), sequence=1)
    qtbot.waitUntil(lambda: len(desk.scenes) == 1)
    qtbot.wait(40)
    assert len(desk.scenes) == 1
    scene, frame = desk.scenes[0]
    assert frame is not None
    assert scene.sequence == frame.sequence == 1


def test_frames_show_while_the_tracker_still_loads(qtbot: QtBot, desk: Desk) -> None:
    desk.bridge.start(SessionWish("sim:"))
    desk.sessions[0].frame_set = make_frame_set(make_frame(sequence=4))
    qtbot.waitUntil(lambda: len(desk.frames) == 1)


def test_few_frames_are_kept(qtbot: QtBot, desk: Desk) -> None:
    desk.bridge.start(SessionWish("sim:"))
    session = desk.sessions[0]
    for sequence in range(KEPT_FRAMES + 4):
        session.frame_set = make_frame_set(make_frame(sequence=sequence))
        qtbot.waitUntil(lambda s=session: desk.bridge._frame_set is s.frame_set)
    assert len(desk.bridge._frames) == KEPT_FRAMES


def test_a_source_is_let_go_before_the_next_one_opens(qtbot: QtBot, desk: Desk) -> None:
    desk.lingering = True
    desk.bridge.start(SessionWish("realsense:1"))
    desk.bridge.start(SessionWish("sim:"))
    qtbot.wait(50)
    assert [s.uri for s in desk.sessions] == ["realsense:1"]
    assert desk.bridge.stopping
    desk.sessions[0].lingering = False
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[1].uri == "sim:"
    assert desk.sessions[1].started
    assert desk.released == 0


def test_of_several_sources_asked_for_meanwhile_the_last_one_opens(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.lingering = True
    for uri in ("a:", "b:", "c:"):
        desk.bridge.start(SessionWish(uri))
    desk.sessions[0].lingering = False
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert [s.uri for s in desk.sessions] == ["a:", "c:"]


def test_stopping_while_stopping_for_another_source_forgets_it(qtbot: QtBot, desk: Desk) -> None:
    desk.lingering = True
    desk.bridge.start(SessionWish("a:"))
    desk.bridge.start(SessionWish("b:"))
    desk.bridge.stop()
    desk.sessions[0].lingering = False
    qtbot.waitUntil(lambda: desk.released == 1)
    assert len(desk.sessions) == 1
    assert not desk.bridge.active


def test_closing_ends_the_session_even_if_it_was_never_asked_to_stop(desk: Desk) -> None:
    desk.bridge.start(SessionWish("sim:"))
    assert desk.bridge.close()
    assert desk.sessions[0].stop_asked
    assert not desk.bridge.holding


def test_a_failed_session_is_not_active_and_can_be_started_again(qtbot: QtBot, desk: Desk) -> None:
    desk.bridge.start(SessionWish("sim:"))
    desk.sessions[0].state = SessionState.FAILED
    assert not desk.bridge.active
    desk.bridge.start(SessionWish("sim:"))
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.bridge.active
