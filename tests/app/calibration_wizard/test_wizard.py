"""The wizard in the window, clicked through by somebody who has never calibrated anything."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from app.calibration_wizard.capture_gate import Refusal
from app.calibration_wizard.captured import LEAST_VIEWS
from app.calibration_wizard.dialog import WizardDialog
from app.calibration_wizard.guidance import GOT_IT
from app.calibration_wizard.import_dialog import ImportDialog
from app.calibration_wizard.pages import Page
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.room import CalibrationRoom
from calibration.formats.files import RigFormat
from calibration.storage import load_rig
from calibration.stored_rig import StoredRig
from engine.capture.raw_pairs import open_pairs
from tests.app.calibration_wizard.cameras import pictures, poses, rig
from tests.app.calibration_wizard.solved import solved
from tests.app.desk import Desk
from tests.shared_data import shared_folder

LONG_MS = 60_000
PASSED_OVER = (Refusal.SIMILAR, Refusal.PARTLY_OUT, Refusal.LEFT_ONLY, Refusal.RIGHT_ONLY)


class Person:
    """Somebody before the wizard."""

    def __init__(self, qtbot: QtBot, desk: Desk) -> None:
        self.qtbot, self.desk = qtbot, desk
        with qtbot.waitActive(desk.window):
            desk.window.activateWindow()
        qtbot.keyClick(desk.window.view.viewport, Qt.Key.Key_K)
        qtbot.waitUntil(lambda: desk.window.calibration.room is not None)
        room = desk.window.calibration.room
        assert room is not None
        self.room: CalibrationRoom = room

    @property
    def presenter(self) -> WizardPresenter:
        return self.room.presenter

    @property
    def dialog(self) -> WizardDialog:
        assert self.room.dialog is not None
        return self.room.dialog

    def click(self, button: QAbstractButton) -> None:
        assert button.isVisible()
        self.qtbot.waitUntil(button.isEnabled, timeout=LONG_MS)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def go_forth(self, to: Page) -> None:
        self.click(self.dialog.forth)
        assert self.presenter.page is to

    def open_cameras(self) -> None:
        self.go_forth(Page.CAMERAS)
        assert not self.dialog.forth.isEnabled()
        choice = self.dialog.cameras.choice
        choice.suggest("test:")
        self.click(choice._open)
        self.qtbot.waitUntil(lambda: self.presenter.info is not None)

    def capture(self, count: int) -> None:
        self.go_forth(Page.CAPTURE)
        for index in range(len(poses())):
            if len(self.presenter.book.views) >= count:
                return
            self.desk.shown.show(index)
            before = len(self.presenter.book.views)
            self.qtbot.waitUntil(
                lambda index=index, before=before: self._settled(index, before), timeout=LONG_MS
            )
        raise AssertionError("too few poses")

    def _settled(self, index: int, before: int) -> bool:
        look = None if self.presenter.watch is None else self.presenter.watch.look
        if len(self.presenter.book.views) > before:
            return True
        shown = look is not None and look.seen_pair.pair.left is self.desk.shown.pair[0]
        return shown and look is not None and look.reason in PASSED_OVER and index >= 0


@pytest.fixture
def person(qtbot: QtBot, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setenv("HANDTUNE_RIGS", str(tmp_path / "rigs"))
    return Person(qtbot, desk)


@pytest.mark.slow
def test_from_the_first_page_to_the_saved_file(
    qtbot: QtBot, person: Person, desk: Desk, tmp_path: Path
) -> None:
    person.dialog.board._measured.setValue(30.0)
    person.open_cameras()
    person.capture(12)
    person.click(person.dialog.capture.undo)
    person.click(person.dialog.forth)
    qtbot.waitUntil(lambda: person.presenter.page is Page.REPORT, timeout=LONG_MS)

    report = person.dialog.report
    assert report._verdict.text()
    assert "mm</b> at 0.5 m" in report._answer.text()
    result = person.presenter.result
    assert result is not None
    assert result.rig.baseline_m == pytest.approx(rig().baseline_m, rel=0.003)
    views = len(result.report.views)
    qtbot.mouseClick(
        report.bars, Qt.MouseButton.LeftButton, pos=report.bars.box_of(2).center().toPoint()
    )
    assert report._chosen == result.report.views[2].name
    assert report.left.marks
    person.click(report.drop)
    qtbot.waitUntil(lambda: person.presenter.page is Page.REPORT, timeout=LONG_MS)
    assert person.presenter.result is not None
    assert len(person.presenter.result.report.views) == views - 1

    desk.shown.show(3)
    feed = person.presenter.feed
    assert feed is not None
    qtbot.waitUntil(lambda: feed.latest is not None and feed.latest.left is desk.shown.pair[0])
    person.go_forth(Page.PREVIEW)
    preview = person.dialog.preview
    qtbot.waitUntil(lambda: "mm as entered" in preview._board.text(), timeout=LONG_MS)
    assert "it agrees" in preview._board.text()
    _measure_the_board(qtbot, person)

    person.go_forth(Page.SAVE)
    assert not list(tmp_path.glob("rigs/*"))
    person.click(person.dialog.forth)
    path = tmp_path / "rigs" / "L-17-R-42.toml"
    assert load_rig(path).left_serial == "L-17"
    person.click(person.dialog.forth)
    qtbot.waitUntil(lambda: bool(desk.sessions), timeout=LONG_MS)
    assert desk.sessions[-1].uri == f"test:?rig={path}"
    assert desk.shown.open == 0


def _measure_the_board(qtbot: QtBot, person: Person) -> None:
    """Two clicks on corners that are 90 mm apart."""
    preview = person.dialog.preview
    look, placed = preview._look, preview.left.placed
    assert look is not None
    assert placed is not None
    pose = poses()[3]
    inner = np.array([[0.09, 0.09, 0.0], [0.18, 0.09, 0.0]])
    pixels = look.straight.left_points(rig().left.project(pose.apply(inner)))
    for u, v in pixels:
        at: QPoint = placed.point(u, v).toPoint()
        qtbot.mouseClick(preview.left, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: preview._measured.text().startswith("Measured"))
    measured = float(preview._measured.text().split()[1])
    assert measured == pytest.approx(90.0, abs=4.0)


def test_leaving_with_views_asks_first(qtbot: QtBot, person: Person, desk: Desk) -> None:
    person.open_cameras()
    person.capture(1)
    qtbot.keyClick(person.dialog, Qt.Key.Key_Escape)
    question = person.room.question
    assert question is not None
    assert "will be lost" in question.text()
    stay, leave = (_button(question, words) for words in ("Stay", "Leave"))
    person.click(stay)
    assert person.presenter.page is Page.CAPTURE
    person.dialog.close()
    question = person.room.question
    assert question is not None
    leave = _button(question, "Leave")
    person.click(leave)
    assert person.room.dialog is None
    qtbot.waitUntil(lambda: not person.presenter.running)
    assert desk.shown.open == 0


def _button(box: QMessageBox, words: str) -> QAbstractButton:
    return next(button for button in box.buttons() if button.text() == words)


def test_what_was_tracked_goes_on_after_the_wizard_was_left(
    qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDTUNE_RIGS", str(tmp_path))
    session = desk.run(qtbot)
    person = Person(qtbot, desk)
    qtbot.waitUntil(lambda: session.stop_asked)
    person.click(person.dialog.cancel)
    qtbot.waitUntil(lambda: len(desk.sessions) == 2)
    assert desk.sessions[1].uri == session.uri


def test_the_window_closes_with_the_wizard_open(qtbot: QtBot, person: Person, desk: Desk) -> None:
    person.open_cameras()
    desk.window.close()
    qtbot.waitUntil(lambda: desk.shown.open == 0)
    assert person.room.dialog is None


def test_a_wrong_board_cannot_be_gone_on_with(person: Person) -> None:
    board = person.dialog.board
    board._second.setValue(40.0)
    person.room.tick()
    assert "marker must be smaller" in board._remark.text()
    assert not person.dialog.forth.isEnabled()
    board._second.setValue(20.0)
    person.room.tick()
    assert person.dialog.forth.isEnabled()


def test_a_reason_is_shown_for_what_is_not_kept(qtbot: QtBot, person: Person, desk: Desk) -> None:
    person.open_cameras()
    person.go_forth(Page.CAPTURE)
    desk.shown.show_to_left_only(0)
    reason = person.dialog.capture._reason
    qtbot.waitUntil(lambda: reason.text().startswith(Refusal.LEFT_ONLY.value), timeout=LONG_MS)
    assert person.dialog.capture._hint.text() == "Move it to where the right camera sees it too"
    assert person.dialog.capture.left.marks
    assert not person.dialog.capture.right.marks


def test_swapped_cameras_are_swapped_by_a_button(qtbot: QtBot, person: Person, desk: Desk) -> None:
    person.go_forth(Page.CAMERAS)
    person.dialog.cameras.choice.suggest("uvc:4,2")
    person.click(person.dialog.cameras.choice._open)
    desk.shown.show_swapped(0)
    swap = person.dialog.cameras._swap
    qtbot.waitUntil(swap.isVisible, timeout=LONG_MS)
    assert "swapped" in person.dialog.cameras._warning.text()
    person.click(swap)
    assert person.presenter.uri == "uvc:2,4?width=640,height=480"


def test_pictures_that_were_taken_before_follow_no_outline(
    qtbot: QtBot, person: Person, tmp_path: Path
) -> None:
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
    for k in range(5):
        pair = pictures(k)[::-1] if k == 2 else pictures(k)
        for side, picture in zip(("left", "right"), pair, strict=True):
            cv2.imwrite(str(tmp_path / side / f"{k}.png"), picture)
    person.presenter._open_pairs = open_pairs
    person.dialog.board._measured.setValue(30.0)
    person.go_forth(Page.CAMERAS)
    person.dialog.cameras.choice.suggest(f"images:{tmp_path}/left,{tmp_path}/right")
    person.click(person.dialog.cameras.choice._open)
    qtbot.waitUntil(lambda: person.presenter.info is not None)
    person.go_forth(Page.CAPTURE)
    page = person.dialog.capture
    hints = set()

    def over() -> bool:
        hints.add(page._hint.text())
        return person.presenter.feed_status.ended and "last picture" in page._hint.text()

    qtbot.waitUntil(over, timeout=LONG_MS)
    assert hints <= {"Waiting for the cameras…", "Looking through the pictures", GOT_IT,
                     "That was the last picture", ""}  # fmt: skip
    kept = len(person.presenter.book.views)
    assert kept > 0
    assert page._reason.text().startswith(f"{kept} of 5 pairs are kept.")
    assert "2.png: left and right seem to be swapped" in page._reason.toolTip()
    assert "Not kept: " in page._reason.text()
    assert "outline" not in page._advice.text()
    assert len(page.left.marks) <= 1


def test_cameras_that_fail_say_why(qtbot: QtBot, person: Person, desk: Desk) -> None:
    desk.shown.failure = "No camera has the number 4; choose another."
    person.go_forth(Page.CAMERAS)
    person.dialog.cameras.choice.suggest("uvc:4,2")
    person.click(person.dialog.cameras.choice._open)
    warning = person.dialog.cameras._warning
    qtbot.waitUntil(lambda: warning.text() == desk.shown.failure)
    assert not person.dialog.forth.isEnabled()


def test_views_outlive_a_cable_that_was_pulled(qtbot: QtBot, person: Person, desk: Desk) -> None:
    person.open_cameras()
    person.capture(2)
    page = person.dialog.capture
    desk.shown.failure = "USB camera 1 was unplugged; plug it in again."
    qtbot.waitUntil(page.again.isVisible, timeout=LONG_MS)
    assert page._warning.text() == desk.shown.failure
    kept = len(person.presenter.book.views)
    desk.shown.failure = ""
    person.click(page.again)
    qtbot.waitUntil(lambda: person.presenter.live and not page.again.isVisible(), timeout=LONG_MS)
    assert len(person.presenter.book.views) >= kept >= 2


def test_solving_is_cancelled_by_going_back(qtbot: QtBot, person: Person) -> None:
    person.open_cameras()
    person.capture(LEAST_VIEWS)
    person.go_forth(Page.SOLVE)
    person.click(person.dialog.back)
    assert person.presenter.page is Page.CAPTURE
    assert person.presenter.solving is None
    person.click(person.dialog.cancel)
    assert person.room.question is not None
    person.click(_button(person.room.question, "Leave"))
    qtbot.waitUntil(lambda: not person.presenter.running, timeout=LONG_MS)
    qtbot.waitUntil(lambda: not multiprocessing.active_children(), timeout=LONG_MS)


def test_a_rig_file_is_imported_and_refused_files_are_explained(
    qtbot: QtBot, person: Person, tmp_path: Path
) -> None:
    from app.calibration_wizard.saving import save, stored_rig

    path = tmp_path / "old.toml"
    save(path, stored_rig(solved(), None), ())
    person.room._import()
    asking = person.dialog.findChild(ImportDialog)
    assert asking is not None
    asking.accept()
    assert "Name every file" in asking._problem.text()
    asking.places[0].setText(str(tmp_path / "missing.toml"))
    asking.accept()
    assert "Cannot read" in asking._problem.text()
    asking.places[0].setText(str(path))
    asking.accept()
    assert person.presenter.page is Page.SAVE
    stored = person.presenter.stored
    assert isinstance(stored, StoredRig)
    assert stored.rig.baseline_m == pytest.approx(rig().baseline_m, rel=0.01)
    qtbot.waitUntil(lambda: "apart" in person.dialog.save._summary.text())


def test_cameras_far_apart_are_told_that_there_is_no_depth_picture(
    qtbot: QtBot, person: Person
) -> None:
    folder = shared_folder("data", "two_camera_clip")
    person.room._import()
    asking = person.dialog.findChild(ImportDialog)
    assert asking is not None
    asking.kind.setCurrentIndex(asking.kind.findData(RigFormat.OPENCV_TEXT))
    names = ("c0.dat", "c1.dat", "rot_trans_c0.dat", "rot_trans_c1.dat")
    for place, name in zip(asking.places, names, strict=True):
        place.setText(str(folder / name))
    asking.accept()
    assert "leaves out the size" in asking._problem.text()
    asking.width_px.setValue(720)
    asking.height_px.setValue(720)
    asking.unit_mm.setValue(35.0)
    asking.accept()
    summary = person.dialog.save._summary
    qtbot.waitUntil(lambda: "too far for a depth picture" in summary.text())
    assert "438.2 mm apart" in summary.text()


def test_a_better_rig_is_replaced_only_when_told_to(
    qtbot: QtBot, person: Person, tmp_path: Path
) -> None:
    from app.calibration_wizard.saving import save, stored_rig

    path = tmp_path / "rig.toml"
    save(path, stored_rig(solved(), None), ())
    before = path.read_bytes()
    person.presenter.use_import(stored_rig(solved(noise_px=0.6), None))
    page = person.dialog.save
    qtbot.waitUntil(page.isVisible)
    page.enter(path)
    person.room.tick()
    assert "There is a calibration of that name already" in page._question.text()
    assert not person.dialog.forth.isEnabled()
    page.replace.setChecked(True)
    assert path.read_bytes() == before
    person.click(person.dialog.forth)
    assert path.read_bytes() != before
