from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.exporting.dialog import ExportDialog
from engine.export.axes import ExportFormat


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "walk.mcap"
    path.write_bytes(b"")
    return path


def _dialog(qtbot: QtBot, session: Path | None, kind: str = "glb", axes: str = "") -> ExportDialog:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ExportDialog(parent, session, kind, axes)
    qtbot.addWidget(dialog)
    dialog._kept_parent = parent  # type: ignore[attr-defined]
    return dialog


def test_without_a_session_nothing_can_be_exported(qtbot: QtBot) -> None:
    dialog = _dialog(qtbot, None)
    assert dialog.wish is None
    assert not dialog._export.isEnabled()


def test_a_session_that_is_not_there_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = _dialog(qtbot, tmp_path / "none.mcap")
    assert "no such session" in dialog._remark.text()
    assert not dialog._export.isEnabled()


def test_it_begins_with_the_last_choice(qtbot: QtBot, session: Path) -> None:
    dialog = _dialog(qtbot, session, "csv", "ros")
    wish = dialog.wish
    assert wish is not None
    assert (wish.kind, wish.axes, wish.hand) == (ExportFormat.CSV, "ros", "")
    assert wish.target == session.with_suffix(".csv")


def test_another_format_is_another_file(qtbot: QtBot, session: Path) -> None:
    dialog = _dialog(qtbot, session)
    dialog._kind.setCurrentIndex(dialog._kind.findData(ExportFormat.MP4))
    wish = dialog.wish
    assert wish is not None
    assert wish.target.suffix == ".mp4"
    assert not dialog._axes.isEnabled()


def test_axes_are_explained(qtbot: QtBot, session: Path) -> None:
    dialog = _dialog(qtbot, session)
    dialog._axes.setCurrentIndex(dialog._axes.findData("unreal"))
    assert "left-handed, centimetres" in dialog._axes_words.text()


def test_a_file_that_is_there_is_replaced_openly(qtbot: QtBot, session: Path) -> None:
    session.with_suffix(".glb").write_bytes(b"old")
    dialog = _dialog(qtbot, session)
    assert dialog._export.text() == "Replace"
    assert dialog._remark.text() == "This file is replaced."
