"""The first page's fields, and the boards that they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.board_print import sheet_of
from app.calibration_wizard.board_form import DEFAULTS, BoardForm, BoardKind, remark_on
from calibration.board import CharucoBoard
from calibration.errors import CalibrationError


@pytest.mark.parametrize("kind", BoardKind)
def test_what_is_offered_fits_an_ordinary_page(kind: BoardKind) -> None:
    sheet = sheet_of(DEFAULTS[kind].printed, "A4")
    assert (sheet.width_mm, sheet.height_mm) == (297.0, 210.0)


def test_a_print_that_came_out_smaller_has_smaller_markers_too() -> None:
    board = replace(BoardForm(), measured_mm=29.4).measured
    assert isinstance(board, CharucoBoard)
    assert board.square_m == pytest.approx(0.0294)
    assert board.marker_m == pytest.approx(0.022 * 0.98)


def test_unmeasured_it_is_believed_and_that_is_said() -> None:
    form = BoardForm()
    assert form.measured == form.printed
    assert "Not measured yet: 30 mm" in remark_on(form)


def test_a_length_that_is_far_off_is_remarked_upon() -> None:
    assert remark_on(replace(BoardForm(), measured_mm=29.9)) == ""
    assert "7% smaller" in remark_on(replace(BoardForm(), measured_mm=28.0))


def test_an_impossible_board_is_refused_in_a_sentence() -> None:
    with pytest.raises(CalibrationError, match="marker must be smaller"):
        _ = replace(BoardForm(), second_mm=31.0).printed
