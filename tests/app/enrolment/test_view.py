from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.enrolment.bone_table import COLUMNS, BoneTable
from app.enrolment.chips import PoseChips
from app.enrolment.comparison import ComparisonView
from app.enrolment.figures import (
    Chip,
    ChipState,
    ComparedFrame,
    GainLine,
    Guide,
    HandMeasures,
    Result,
)
from app.enrolment.guide_overlay import GuideOverlay
from app.enrolment.result_page import NO_GAIN, ResultPage
from app.enrolment.setup_page import SetupPage
from app.viewport.surface import default_surface
from engine.adaptation.bone_lengths import measures
from engine.hand.model import load_hand_model
from engine.inference.fitting import KnownShape, nothing_known
from engine.messages import Side
from tests.app.scenes import make_frame, make_hand


def _measures() -> HandMeasures:
    known = KnownShape(100.0 * np.eye(10), np.zeros(10))
    return HandMeasures(Side.RIGHT, measures(load_hand_model(), known, nothing_known()))


def _texts(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_a_name_is_needed_and_a_bad_one_is_explained(qtbot: QtBot) -> None:
    page = SetupPage()
    qtbot.addWidget(page)
    page.prepare(("Ada",))
    assert not page._begin.isEnabled()
    for name, ready, remark in (
        ("Grace", True, ""),
        ("a/b", False, "cannot be called"),
        ("Ada", True, "measured anew"),
    ):
        page._name.setText(name)
        assert page._begin.isEnabled() is ready
        assert remark in page._remark.text()


def test_the_chosen_hands_are_told(qtbot: QtBot) -> None:
    page = SetupPage()
    qtbot.addWidget(page)
    begun: list[tuple[str, tuple[Side, ...]]] = []
    page.begin_asked.connect(lambda name, sides: begun.append((name, sides)))
    page._name.setText(" Ada ")
    page._sides.button(2).setChecked(True)
    qtbot.keyClick(page._name, Qt.Key.Key_Return)
    assert begun == [("Ada", (Side.RIGHT, Side.LEFT))]


def test_every_bone_and_width_is_in_the_table_once(qtbot: QtBot) -> None:
    hand = _measures()
    table = BoneTable(hand)
    qtbot.addWidget(table)
    cells = [label for label in table.findChildren(QLabel) if "±" in label.text()]
    assert len(cells) == len(hand.measures)
    tips = {label.toolTip().split(":")[0].lower() for label in cells}
    assert tips == {measure.name for measure in hand.measures}
    assert all(title in _texts(table) for title in COLUMNS)


def test_a_result_without_gain_says_so_plainly(qtbot: QtBot) -> None:
    page = ResultPage()
    qtbot.addWidget(page)
    page.show_result(Result("Ada", (_measures(),), (GainLine("Jitter 1.0 → 1.2 mm", False),)))
    assert NO_GAIN in _texts(page)
    page.show_result(Result("Ada", (_measures(),), (GainLine("Residual 7.1 → 3.9 mm", True),)))
    assert NO_GAIN not in _texts(page._content.widget())
    assert "7.1 → 3.9" in _texts(page)


@pytest.mark.parametrize("width", [290, 350, 520])
def test_chips_stay_within_their_width(qtbot: QtBot, width: int) -> None:
    chips = PoseChips()
    qtbot.addWidget(chips)
    chips.show_chips(tuple(Chip(f"pose number {k}", ChipState.OPEN) for k in range(15)))
    boxes = chips._boxes(width)
    assert max(box.right() for box in boxes) <= width
    assert boxes[-1].bottom() <= chips.heightForWidth(width)
    for state in ChipState:
        chips.show_chips((Chip("one", state),))
        assert not chips.grab().isNull()


def test_a_captured_pose_ticks_and_the_tick_goes(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(600, 400)
    host.show()
    overlay = GuideOverlay(host)
    overlay.show_guide(Guide("Right hand", "Make a fist.", captured=1))
    assert overlay.isVisible()
    assert not overlay.ticking
    overlay.show_guide(Guide("Right hand", "Make a fist.", captured=2))
    qtbot.waitUntil(lambda: overlay.ticking)
    qtbot.waitUntil(lambda: not overlay.ticking)
    overlay.show_guide(None)
    assert not overlay.isVisible()


def test_the_comparison_plays_and_stops_at_a_click(qtbot: QtBot) -> None:
    view = ComparisonView(default_surface())
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    hand = make_hand()
    frame = make_frame((hand,))
    frames = (ComparedFrame(frame, None, hand), ComparedFrame(frame, hand, hand))
    view.show_result(Result("Ada", (), (), frames))
    qtbot.waitUntil(lambda: view._index == 1)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    stopped = view._index
    picture = view.grab().toImage()
    qtbot.wait(400)
    assert view._index == stopped
    view.show_result(None)
    assert view.grab().toImage() != picture
