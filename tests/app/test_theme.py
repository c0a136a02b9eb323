"""What the style sheet takes from files is drawn."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from app import theme
from app.eliding_list import ElidingList


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


def _picture(qtbot: QtBot, widget: QWidget) -> QImage:
    qtbot.addWidget(widget)
    widget.setFixedSize(120, 32)
    return widget.grab().toImage()


def _count(image: QImage, color: QColor, left: int, right: int) -> int:
    """Pixels close to a colour between two columns."""
    pixels = [image.pixelColor(x, y) for x in range(left, right) for y in range(image.height())]
    return sum(
        abs(pixel.red() - color.red())
        + abs(pixel.green() - color.green())
        + abs(pixel.blue() - color.blue())
        < 40
        for pixel in pixels
    )


def test_a_ticked_box_has_a_tick(qtbot: QtBot) -> None:
    box = QCheckBox()
    box.setChecked(True)
    picture = _picture(qtbot, box)
    assert _count(picture, theme.ACCENT, 0, 16) > 80
    inside = picture.copy(2, 11, 11, 11)
    assert _count(inside, QColor("#0d1414"), 0, 11) >= 8


def test_a_list_has_an_arrow(qtbot: QtBot) -> None:
    assert _count(_picture(qtbot, QComboBox()), theme.MUTED, 95, 120) >= 5


def test_an_open_list_has_room_for_its_lines(qtbot: QtBot) -> None:
    chooser = ElidingList()
    qtbot.addWidget(chooser)
    chooser.addItems(["short", "a line that is a good deal longer than the closed list is wide"])
    chooser.setFixedWidth(120)
    chooser.show()
    chooser.showPopup()
    assert chooser.view().viewport().width() >= chooser.view().sizeHintForColumn(0) > 120
    chooser.hidePopup()
