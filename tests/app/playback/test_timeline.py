from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.playback.overview import Marker, MarkerKind
from app.playback.timeline import LISTED, MARGIN_PX, MARKER_COLOR, Timeline

DURATION_S = 60.0


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(616, 26)
    made.show_position(0.0, DURATION_S)
    made.show()
    return made


def _x(time_s: float) -> int:
    return round(MARGIN_PX + 600 * time_s / DURATION_S)


def test_a_click_goes_there(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.sought) as sought:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(_x(30), 13))
    assert sought.args == [pytest.approx(30.0)]


def test_beyond_the_ends_are_the_ends(qtbot: QtBot, timeline: Timeline) -> None:
    for x, expected in ((0, 0.0), (615, DURATION_S)):
        with qtbot.waitSignal(timeline.sought) as sought:
            qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(x, 13))
        assert sought.args == [pytest.approx(expected)]


def test_while_it_is_dragged_the_recording_does_not_move_the_handle(
    qtbot: QtBot, timeline: Timeline
) -> None:
    qtbot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=QPoint(_x(30), 13))
    timeline.show_position(2.0, DURATION_S)
    assert timeline._at_s == pytest.approx(30.0)
    qtbot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=QPoint(_x(30), 13))
    timeline.show_position(2.0, DURATION_S)
    assert timeline._at_s == 2.0


def test_arrow_keys_move_by_a_second(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_position(10.0, DURATION_S)
    with qtbot.waitSignal(timeline.sought) as sought:
        qtbot.keyClick(timeline, Qt.Key.Key_Right)
    assert sought.args == [11.0]


def test_a_tooltip_tells_what_happened_there(timeline: Timeline) -> None:
    timeline.show_markers([Marker(20.0, MarkerKind.BREAK, "The camera was gone.")])
    assert timeline.tip_at(_x(20)) == "0:20  The camera was gone."
    assert timeline.tip_at(_x(40)) == "0:40"


def test_many_markers_in_one_place_are_counted(timeline: Timeline) -> None:
    timeline.show_markers([Marker(20.0, MarkerKind.LOSS, f"{k} lost") for k in range(LISTED + 3)])
    assert timeline.tip_at(_x(20)).endswith("and 3 more")


def test_the_gravest_marker_is_painted_last(timeline: Timeline) -> None:
    timeline.show_markers(
        [Marker(30.0, MarkerKind.BREAK, "gone"), Marker(30.0, MarkerKind.NOTE, "note")]
    )
    color = timeline.grab().toImage().pixelColor(_x(30), 6)
    assert color.name() == MARKER_COLOR[MarkerKind.BREAK].name()
