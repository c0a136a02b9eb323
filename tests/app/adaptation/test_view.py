from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.adaptation.plot import LearningPlot
from app.adaptation.presenter import Curve, LearningFigures, Mark, Verdict
from app.adaptation.view import LearningCard

MARKS = (
    Mark(10.0, 7.0, Verdict.REFUSED, "refused: no gain"),
    Mark(60.0, 6.0, Verdict.ACCEPTED, "accepted"),
    Mark(110.0, float("nan"), Verdict.ROLLED_BACK, "rolled back"),
)
FIGURES = LearningFigures(
    "Learning",
    "In the background.",
    now_s=120.0,
    loss=Curve((0.0, 60.0), (1.0, 0.5)),
    score=Curve((10.0, 60.0), (7.0, 6.0)),
    marks=MARKS,
    can_pause=True,
)


def _plot(qtbot: QtBot) -> LearningPlot:
    plot = LearningPlot()
    qtbot.addWidget(plot)
    plot.resize(320, 140)
    plot.show_figures(FIGURES)
    return plot


def test_each_decision_is_found_where_it_is_drawn(qtbot: QtBot) -> None:
    plot = _plot(qtbot)
    for mark in MARKS:
        place = plot.place_of(mark)
        assert plot.rect().contains(place.toPoint())
        assert plot.mark_at(place + QPointF(3, -3)) is mark
    assert plot.mark_at(QPointF(plot.width() - 1, 2)) is None


def test_later_is_further_right_and_better_is_lower(qtbot: QtBot) -> None:
    plot = _plot(qtbot)
    refused, accepted, _ = (plot.place_of(mark) for mark in MARKS)
    assert refused.x() < accepted.x()
    assert refused.y() < accepted.y()


def test_it_is_drawn_with_and_without_anything_learnt(qtbot: QtBot) -> None:
    plot = _plot(qtbot)
    full = plot.grab().toImage()
    plot.show_figures(LearningFigures("Off", ""))
    assert plot.grab().toImage() != full


def test_pause_asks_for_the_opposite_of_what_is(qtbot: QtBot) -> None:
    card = LearningCard()
    qtbot.addWidget(card)
    asked: list[bool] = []
    card.pause_asked.connect(asked.append)
    for paused in (False, True):
        card.show_figures(LearningFigures("x", "y", can_pause=True, paused=paused))
        qtbot.mouseClick(card._pause, Qt.MouseButton.LeftButton)
    assert asked == [True, False]


def test_there_is_nothing_to_roll_back_at_first(qtbot: QtBot) -> None:
    card = LearningCard()
    qtbot.addWidget(card)
    card.show_figures(LearningFigures("x", "y"))
    assert not card._rollback.isEnabled()
    card.show_figures(LearningFigures("x", "y", can_roll_back=True))
    assert card._rollback.isEnabled()
