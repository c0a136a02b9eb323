"""The column beside the 3D view: the camera's picture and below it what matters now."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app import theme

SIDE_MIN_PX, SIDE_FIRST_PX, SIDE_MAX_PX = 316, 380, 560
PANE_SHAPE, PANE_MIN_PX = 0.75, 120
ENROLMENT_PX = 374
"""Height of the guided minute at the least width; its pages differ, and nothing should jump."""


class SideMode(StrEnum):
    """What the column is for."""

    FIGURES = "figures"
    """Meters, confidence, speed."""
    LEARNING = "learning"
    """Meters and what the adaptation does."""
    ENROLMENT = "enrolment"
    """The guided minute."""
    RESULT = "result"
    """What came of it; the whole column."""


class SideColumn(QScrollArea):
    """Camera pane and cards. Where the window is low, what matters least goes first."""

    def __init__(
        self,
        pane: QWidget,
        meters: QWidget,
        figures: Sequence[QWidget],
        learning: QWidget,
        enrolment: QWidget,
    ) -> None:
        """`figures`: the least important first."""
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(SIDE_MIN_PX)
        self.setMaximumWidth(SIDE_MAX_PX)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pane, self._mode = pane, SideMode.FIGURES
        self._cards = {
            SideMode.FIGURES: (meters, *figures),
            SideMode.LEARNING: (meters, learning),
            SideMode.ENROLMENT: (enrolment,),
            SideMode.RESULT: (enrolment,),
        }
        self._everything = (meters, *figures, learning, enrolment)
        self._dispensable = (*figures[:1], meters)
        self._absent: set[QWidget] = set()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(pane)
        for card in self._everything:
            fills = card in (learning, enrolment)
            height = QSizePolicy.Policy.Expanding if fills else QSizePolicy.Policy.Fixed
            # Ignored width: a long figure would widen the content beyond the column.
            card.setSizePolicy(QSizePolicy.Policy.Ignored, height)
            card.setMinimumWidth(130)
            column.addWidget(card, 1 if fills else 0)
        column.addStretch(0)
        content.setMinimumWidth(0)
        self.setWidget(content)
        content.installEventFilter(self)
        self.show_mode(SideMode.FIGURES)

    def show_mode(self, mode: SideMode) -> None:
        """Show the cards of a mode."""
        self._mode = mode
        self._pane.setVisible(mode is not SideMode.RESULT)
        self._arrange()

    def set_present(self, card: QWidget, present: bool) -> None:
        """Whether there is anything for a card to show; at first there is for all."""
        if present is (card in self._absent):
            (self._absent.discard if present else self._absent.add)(card)
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            # A card has grown, with one more stage for example.
            self._arrange()
        return super().eventFilter(watched, event)

    def _arrange(self) -> None:
        shown = [card for card in self._cards[self._mode] if card not in self._absent]
        for card in self._dispensable:
            if card in shown and len(shown) > 1 and self._left(shown) < PANE_MIN_PX:
                shown.remove(card)
        for card in self._everything:
            card.setVisible(card in shown)
        natural = round(self.viewport().width() * PANE_SHAPE)
        self._pane.setFixedHeight(max(PANE_MIN_PX, min(natural, self._left(shown))))

    def _left(self, cards: Sequence[QWidget]) -> int:
        """Height in pixels that these cards leave to the camera's picture."""
        heights = [card.sizeHint().height() for card in cards]
        if self._mode is SideMode.ENROLMENT:
            heights = [ENROLMENT_PX]
        needed = sum(height + theme.GAP_PX for height in heights)
        return self.viewport().height() - needed
