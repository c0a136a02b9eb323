"""Recorded hands found for scenes tracked now, and sessions looked through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.playback.overview import MarkerKind, read_overview, session_path
from app.playback.recorded import ABOVE_M, ASIDE_M, RecordedHands, distance_mm, ghost_mesh
from app.viewport.surface import default_surface
from engine.messages import Scene, Side
from tests.app.scenes import make_hand, make_scene
from tests.fakes.session_files import FRAMES, write_quiet_session, write_session
from tests.fakes.sessions import FRAME_NS, scene_of, stereo_frame


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return write_session(tmp_path / "walk.mcap")


@pytest.fixture
def recorded(session: Path) -> Iterator[RecordedHands]:
    made = RecordedHands(session)
    made.start()
    yield made
    assert made.stop()


def _now(number: int, moved_m: float = 0.0) -> Scene:
    """The scene of a frame tracked anew, a bit elsewhere."""
    scene = scene_of(stereo_frame(number))
    hands = tuple(replace(hand, joints=hand.joints + [moved_m, 0, 0]) for hand in scene.hands)
    return replace(scene, hands=hands)


def test_the_hands_of_the_same_frame_are_found(qtbot: QtBot, recorded: RecordedHands) -> None:
    for number in (5, 0, 8):
        recorded.ask(_now(number, moved_m=0.002))
        expected = scene_of(stereo_frame(number)).hands[0].joints

        def found(expected: np.ndarray = expected) -> bool:
            answer = recorded.newest()
            return answer is not None and np.array_equal(answer.hands[0].joints, expected)

        qtbot.waitUntil(found)
        answer = recorded.newest()
        assert answer is not None
        assert answer.distance_mm == pytest.approx(2.0, abs=1e-6)
        assert len(answer.hands[0].vertices) > 100


def test_in_a_loop_frames_are_found_by_their_number(qtbot: QtBot, recorded: RecordedHands) -> None:
    second_lap = replace(_now(4), sequence=4 + FRAMES)
    recorded.ask(second_lap)
    qtbot.waitUntil(lambda: recorded.newest() is not None)
    answer = recorded.newest()
    assert answer is not None
    assert answer.distance_mm == pytest.approx(0.0, abs=1e-9)


def test_a_frame_without_a_scene_was_not_tracked(qtbot: QtBot, tmp_path: Path) -> None:
    quiet = RecordedHands(write_quiet_session(tmp_path / "quiet.mcap"))
    quiet.start()
    quiet.ask(_now(1))
    qtbot.waitUntil(lambda: quiet.newest() is not None)
    answer = quiet.newest()
    assert answer is not None
    assert (answer.hands, answer.tracked) == ((), False)
    assert quiet.stop()


def test_a_session_that_cannot_be_read_is_a_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    broken = RecordedHands(tmp_path / "none.mcap")
    broken.start()
    qtbot.waitUntil(lambda: bool(broken.failure))
    assert "cannot be opened" in broken.failure
    assert broken.stop()


def test_hands_are_paired_by_side_and_nearness() -> None:
    right, left = make_hand(), make_hand(Side.LEFT, position=(-0.2, 0.08, 0.45), hand_id=2)
    moved = replace(right, joints=right.joints + [0.004, 0, 0])
    far = replace(right, joints=right.joints + [0.3, 0, 0])
    assert distance_mm((moved,), (far, right, left)) == pytest.approx(4.0)
    assert distance_mm((left,), (right,)) is None
    assert distance_mm((), (right,)) is None


def test_the_ghost_stands_beside_the_hands() -> None:
    surface = default_surface()
    right, left = make_hand(), make_hand(Side.LEFT, position=(-0.2, 0.08, 0.45), hand_id=2)
    one = ghost_mesh((right,), surface)
    assert one is not None
    np.testing.assert_allclose(one.vertices, right.vertices + ASIDE_M, atol=1e-6)
    both = ghost_mesh((right, left), surface)
    assert both is not None
    assert both.triangles.max() == len(both.vertices) - 1
    np.testing.assert_allclose(
        both.vertices[len(right.vertices) :], left.vertices + ABOVE_M, atol=1e-6
    )
    assert ghost_mesh((), surface) is None


def test_an_overview_places_events(session: Path) -> None:
    overview = read_overview(session, lambda _share: None)
    (marker,) = overview.markers
    assert (marker.kind, marker.text) == (MarkerKind.LOSS, "Two frames.")
    assert marker.time_s == pytest.approx(FRAME_NS / 1e9)
    assert "Fake camera" in overview.about


def test_only_replays_are_sessions(session: Path) -> None:
    assert session_path(f"replay:{session}") == session
    assert session_path(f"replay:{session}?speed=2,loop=yes") == session
    assert session_path("sim:") is None
    assert session_path("realsense:walk.bag") is None


def test_scenes_without_hands_have_nothing_to_compare() -> None:
    assert distance_mm(make_scene().hands, ()) is None
