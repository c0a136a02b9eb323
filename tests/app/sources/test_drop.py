from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.sources.drop import DropTarget, dropped_uri

KEYS, BUTTON = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


def _data(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_a_session_that_is_dropped_is_opened(qtbot: QtBot, window: QWidget, tmp_path: Path) -> None:
    session = tmp_path / "walk.mcap"
    session.touch()
    target, data = DropTarget(window), _data(session)
    enters = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, BUTTON, KEYS)
    QApplication.sendEvent(window, enters)
    assert enters.isAccepted()
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, BUTTON, KEYS)
    with qtbot.waitSignal(target.dropped) as dropped:
        QApplication.sendEvent(window, drop)
    assert dropped.args == [f"replay:{session}"]


def test_what_is_no_recording_is_left_alone(window: QWidget, tmp_path: Path) -> None:
    picture = tmp_path / "walk.png"
    picture.touch()
    DropTarget(window)
    data = _data(picture)
    enters = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, BUTTON, KEYS)
    enters.ignore()
    QApplication.sendEvent(window, enters)
    assert not enters.isAccepted()


def test_the_ending_says_what_it_is(tmp_path: Path) -> None:
    bag = tmp_path / "walk.BAG"
    bag.touch()
    assert dropped_uri(_data(tmp_path / "gone.mcap", bag)) == f"realsense:{bag}"
    assert dropped_uri(_data(tmp_path / "gone.mcap")) == ""
