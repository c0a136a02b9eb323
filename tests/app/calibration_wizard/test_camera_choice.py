"""Naming a pair of cameras."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.calibration_wizard.camera_choice import FORMS, CameraChoice, swapped
from app.calibration_wizard.webcams import webcams


def test_every_kind_says_its_source(qtbot: QtBot) -> None:
    choice = CameraChoice()
    qtbot.addWidget(choice)
    said = []
    for index, form in enumerate(FORMS):
        choice._list.setCurrentIndex(index)
        for field, words in zip(choice._fields, ("a", "b"), strict=True):
            field.setText(words)
        said.append(choice.uri)
        assert choice._open.isEnabled()
        assert said[-1].startswith(form.scheme)
    assert said == [
        "uvc:a,b?width=640,height=480",
        "uvc:a?width=640,height=480",
        "images:a,b",
        "video:a,b",
        "a",
    ]


def test_a_missing_field_cannot_be_opened(qtbot: QtBot) -> None:
    choice = CameraChoice()
    qtbot.addWidget(choice)
    choice._fields[1].setText(" ")
    assert choice.uri == ""
    assert not choice._open.isEnabled()


@pytest.mark.parametrize(
    ("suggested", "label", "uri"),
    [
        ("uvc:4,2", "Two webcams", "uvc:4,2?width=640,height=480"),
        ("uvc:4,2?rig=/a/old.toml", "Two webcams", "uvc:4,2?width=640,height=480"),
        (
            "uvc:1?width=1280,height=720,rig=old.toml",
            "One camera, pictures side by side",
            "uvc:1?width=1280,height=720",
        ),
        ("uvc:0,1?fps=60,rig=old.toml", "Typed source", "uvc:0,1?fps=60"),
        ("images:/a/l,/a/r?rig=old.toml", "Two folders of pictures", "images:/a/l,/a/r"),
        ("video:l.mp4,r.mp4", "Two films", "video:l.mp4,r.mp4"),
        ("video:l.mp4,r.mp4?loop=yes", "Typed source", "video:l.mp4,r.mp4?loop=yes"),
    ],
)
def test_suggested_cameras_stand_in_the_fields_of_their_kind_without_the_old_rig(
    qtbot: QtBot, suggested: str, label: str, uri: str
) -> None:
    choice = CameraChoice()
    qtbot.addWidget(choice)
    choice.suggest(suggested)
    assert choice._list.currentText() == label
    assert choice.uri == uri


def test_left_and_right_change_places() -> None:
    assert swapped("uvc:0,2?width=640,height=480") == "uvc:2,0?width=640,height=480"
    assert swapped("images:l,r") == "images:r,l"
    assert swapped("uvc:0") == ""


def test_webcams_are_found_where_the_system_tells(tmp_path: Path) -> None:
    for name, index, words in (("video2", "0", "C920"), ("video0", "0", "HD"), ("video1", "1", "")):
        place = tmp_path / name
        place.mkdir()
        (place / "index").write_text(f"{index}\n")
        (place / "name").write_text(f"{words}\n")
    assert webcams(tmp_path) == ((0, "HD"), (2, "C920"))
    assert webcams(tmp_path / "none") == ()
