"""The card of the meters: one line for the verdict, however much there is to say."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.tracking.figures import NONE
from app.tracking.hud_figures import Figures, HandCard
from app.tracking.meters_card import MetersCard
from app.tracking.verdict import Grade, Verdict
from engine.inference.meters import MeterReading, TruthReadings
from engine.messages import Side

LONG = "Poor fit: the mesh is off what is seen; hold still for a moment"


def _figures(verdict: Verdict) -> Figures:
    hands = tuple(HandCard(k, side, np.ones(21), 8.0, verdict) for k, side in enumerate(Side))
    return Figures(live=True, hands=hands)


def test_a_long_verdict_ends_in_an_ellipsis_and_is_whole_in_its_tooltip(qtbot: QtBot) -> None:
    card = MetersCard()
    qtbot.addWidget(card)
    card.resize(316, 140)
    card.show()
    height = card.sizeHint().height()
    card.show_figures(_figures(Verdict(Grade.POOR, LONG)))
    label = card._verdict
    assert label.text().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    assert label.toolTip().endswith(LONG)
    card.show_figures(_figures(Verdict(Grade.GOOD, "Good fit")))
    assert label.text() == "Good fit"
    assert card.sizeHint().height() == height


def test_where_nothing_comes_any_more_only_the_history_stays(qtbot: QtBot) -> None:
    card = MetersCard()
    qtbot.addWidget(card)
    readings = TruthReadings(residual_m=MeterReading(0.0021, (0.002, 0.0021)))
    card.show_figures(_figures(Verdict(Grade.GOOD, "Good fit")))
    card.show_readings(readings)
    row = card._rows[0]
    assert row._value.text() == "2.1 mm"
    card.show_figures(Figures(live=False))
    card.show_readings(readings)
    assert row._value.text() == NONE
    assert row._line._values == pytest.approx((2.0, 2.1))
