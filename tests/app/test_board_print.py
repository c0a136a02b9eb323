"""The printed board: at 1:1, found by the detector, whole or not there."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from app.board_print import paint_sheet, sheet_of, write_board_pdf
from calibration.board import AnyBoard, AprilGrid, CharucoBoard, Chessboard
from calibration.detect import create_detector
from calibration.errors import CalibrationError
from engine.atomic_file import OutputError

pytestmark = pytest.mark.usefixtures("qapp")
BOARDS = (
    CharucoBoard(8, 6, 0.030, 0.022), Chessboard(9, 6, 0.025), AprilGrid(6, 4, 0.030, 0.009),
)  # fmt: skip
POINTS_PER_MM = 72 / 25.4


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.spec)
def test_every_point_is_found_on_the_page_where_it_belongs(board: AnyBoard) -> None:
    sheet, scale = sheet_of(board, "A4"), 4.0
    image = QImage(
        round(scale * sheet.width_mm), round(scale * sheet.height_mm),
        QImage.Format.Format_Grayscale8,
    )  # fmt: skip
    image.fill(255)
    painter = QPainter(image)
    painter.scale(scale, scale)
    paint_sheet(painter, board, sheet)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    gray = cv2.GaussianBlur(np.ascontiguousarray(rows[:, : image.width()]), (0, 0), 0.8)
    seen = create_detector(board).detect(gray)
    assert seen is not None
    assert len(seen.ids) == len(board.points_m)
    expected = scale * (1000 * board.points_m[:, :2] + sheet.board_mm) - 0.5
    assert np.abs(seen.pixels - expected).max() < 1.0


def test_in_the_file_a_square_of_25_mm_is_25_mm(tmp_path: Path) -> None:
    path = tmp_path / "board.pdf"
    write_board_pdf(Chessboard(9, 6, 0.025), path, "A4")
    data = path.read_bytes()
    assert b"/MediaBox [0 0 842" in data
    drawing = next(
        filter(None, map(_inflated, re.findall(rb"stream\r?\n(.*?)endstream", data, re.S)))
    )
    unit = float(re.search(rb"([\d.]+) 0 0 -[\d.]+ 0 [\d.]+ cm", drawing)[1])
    x = [float(v) for v in re.findall(rb"^([\d.]+) [\d.]+ [ml]$", drawing, re.M)[:2]]
    assert (x[1] - x[0]) * unit / POINTS_PER_MM == pytest.approx(25.0, abs=0.01)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream.rstrip(b"\r\n"))
    except zlib.error:
        return b""


def test_a_board_larger_than_the_paper_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"360 x 270 mm and does not fit on A4"):
        write_board_pdf(CharucoBoard(8, 6, 0.045, 0.033), tmp_path / "board.pdf", "A4")
    assert not list(tmp_path.iterdir())


def test_a_tall_board_stands_upright() -> None:
    sheet = sheet_of(Chessboard(5, 8, 0.025), "A4")
    assert sheet.height_mm > sheet.width_mm


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="this is a folder"):
        write_board_pdf(BOARDS[0], tmp_path, "A4")
