"""The card of the meters: one line for the verdict, however much there is to say."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from app.tracking.hud_figures import Figures, HandCard
from app.tracking.meters_card import MetersCard
from app.tracking.verdict import Grade, Verdict
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
