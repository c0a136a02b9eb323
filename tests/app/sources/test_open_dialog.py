"""What is entered in the dialog becomes a source that the engine understands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.sources.forms import FORMS, STEREO_FORM, TYPED_FORM
from app.sources.open_dialog import OpenSourceDialog
from engine.capture.sources import SCHEMES, open_camera
from tests.fakes.stereo_pairs import write_pictures

RIG = "/data/rig.toml"


@pytest.fixture
def dialog(qtbot: QtBot) -> Iterator[OpenSourceDialog]:
    host = QWidget()
    qtbot.addWidget(host)
    made = OpenSourceDialog(host)
    made.show()
    yield made
    host.close()


def _pick(dialog: OpenSourceDialog, label: str) -> None:
    dialog._kind.setCurrentIndex([form.label for form in FORMS].index(label))


def _enter(dialog: OpenSourceDialog, *places: str, rig: str = "") -> None:
    for field, text in zip(dialog._places, places, strict=False):
        field.enter(text)
    dialog._rig.enter(rig)


def test_every_kind_is_one_that_the_engine_knows() -> None:
    assert {form.scheme.rstrip(":") for form in FORMS} - {""} <= set(SCHEMES)
    assert FORMS[TYPED_FORM].scheme == ""
    assert FORMS[STEREO_FORM].label == "Two webcams"


def test_a_folder_needs_a_place_and_no_rig(dialog: OpenSourceDialog) -> None:
    assert not dialog._open.isEnabled()
    assert not dialog._rig.isVisible()
    _enter(dialog, "/data/walk")
    assert dialog.uri == "folder:/data/walk"
    assert dialog._open.isEnabled()


def test_a_typed_source_is_taken_as_it_is(dialog: OpenSourceDialog) -> None:
    _pick(dialog, "Typed source")
    _enter(dialog, "sim:seed=3")
    assert dialog.uri == "sim:seed=3"


@pytest.mark.parametrize(
    ("label", "places", "uri"),
    [
        ("Two webcams", ("0", "2"), f"uvc:0,2?rig={RIG}"),
        ("Webcam with both pictures side by side", ("1",), f"uvc:1?rig={RIG}"),
        ("Two folders of pictures", ("/l", "/r"), f"images:/l,/r?rig={RIG}"),
        ("Two films", ("/l.mp4", "/r.mp4"), f"video:/l.mp4,/r.mp4?rig={RIG}"),
    ],
)
def test_cameras_that_do_not_know_how_they_stand_need_a_rig_file(
    dialog: OpenSourceDialog, label: str, places: tuple[str, ...], uri: str
) -> None:
    _pick(dialog, label)
    assert dialog._rig.isVisible()
    assert dialog._places[1].isVisible() is (len(places) == 2)
    _enter(dialog, *places)
    assert dialog.uri == ""
    assert not dialog._open.isEnabled()
    _enter(dialog, *places, rig=RIG)
    assert dialog.uri == uri
    if len(places) == 2:
        _enter(dialog, places[0], "", rig=RIG)
        assert not dialog._open.isEnabled()


@pytest.mark.parametrize(
    ("label", "scheme"),
    [("ZED camera", "zed:"), ("RealSense, infrared pictures", "realsense-ir:")],
)
def test_devices_with_a_calibration_of_their_own_need_nothing(
    dialog: OpenSourceDialog, label: str, scheme: str
) -> None:
    _pick(dialog, label)
    assert not dialog._rig.isVisible()
    assert dialog.uri == scheme
    _enter(dialog, "123")
    assert dialog.uri == f"{scheme}123"


def test_what_is_entered_opens(dialog: OpenSourceDialog, tmp_path: Path) -> None:
    write_pictures(tmp_path, 1)
    _pick(dialog, "Two folders of pictures")
    _enter(dialog, f"{tmp_path}/left", f"{tmp_path}/right", rig=f"{tmp_path}/rig.toml")
    with open_camera(dialog.uri) as camera:
        assert camera.read().depth_m.any()


def test_the_rig_file_is_looked_for_among_files(
    dialog: OpenSourceDialog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (RIG, ""))
    _pick(dialog, "Two webcams")
    assert not dialog._places[0]._browse.isVisible()
    dialog._rig._browse.click()
    assert dialog._rig.text == RIG
