"""The tracking room laid out: 3D view with its banner, and the side column. Holds no logic."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.settings import Settings
from app.tracking.banner_view import BannerView
from app.tracking.camera_pane import CameraPane
from app.tracking.hud import ConfidenceCard, FitCard, SpeedCard
from app.tracking.presenter import Condition, Figures
from app.viewport.surface import HandSurface
from app.viewport.widget import ViewOptions, ViewportWidget
from engine.messages import Frame, Scene

SIDE_MIN_PX, SIDE_FIRST_PX, SIDE_MAX_PX = 316, 380, 560
COMPACT_BELOW_PX = 700
"""Column height below which fit and confidence stand side by side."""
PANE_SHAPE, PANE_MIN_PX = 0.75, 120
NOTE_MS = 5000


class TrackingView(QWidget):
    """Everything below the source bar."""

    action_asked = Signal(object)
    """(Action): a banner's button was pressed."""

    def __init__(self, viewport: ViewportWidget, surface: HandSurface) -> None:
        super().__init__()
        self.viewport = viewport
        self._pane = CameraPane(surface)
        self._fit, self._confidence, self._speed = FitCard(), ConfidenceCard(), SpeedCard()
        self._banner = BannerView(viewport)
        self._banner.acted.connect(self.action_asked)
        self._caption = _overlay_label(viewport)
        self._note = ""
        self._note_timer = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._note_timer.timeout.connect(self._end_note)
        self._source = ""
        self._side = _SideColumn(self._pane, self._fit, self._confidence, self._speed)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(theme.GAP_PX)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(viewport)
        self.splitter.addWidget(self._side)
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([900, SIDE_FIRST_PX])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        viewport.installEventFilter(self)

    @property
    def banner(self) -> BannerView:
        return self._banner

    def show_scene(self, scene: Scene, frame: Frame | None) -> None:
        """A newer scene, with its frame where that was kept."""
        self.viewport.show_scene(scene, frame)
        if frame is not None:
            self._pane.show_frame(frame, scene)

    def show_frame(self, frame: Frame) -> None:
        """A frame before the first scene."""
        self._pane.show_frame(frame, None)

    def clear(self) -> None:
        """Nothing to show: a new source, or none."""
        self.viewport.clear()
        self._pane.clear()

    def show_options(self, settings: Settings) -> None:
        """What the person switched on and off."""
        self.viewport.set_options(
            ViewOptions(settings.points, settings.skeleton, settings.grid, settings.follow)
        )
        self.viewport.set_mirrored(settings.mirrored)
        self._pane.set_mirrored(settings.mirrored)
        self._pane.set_skeleton(settings.skeleton)

    def show_figures(self, figures: Figures) -> None:
        """Numbers of this moment."""
        for card in (self._fit, self._confidence, self._speed):
            card.show_figures(figures)
        self._source = _caption_text(figures)
        self._show_caption()

    def show_condition(self, condition: Condition) -> None:
        """Banner and freshness; as soon as they change."""
        self.viewport.set_stale(condition.frozen)
        self._pane.set_stale(condition.frozen)
        self._banner.show_banner(condition.banner)

    def show_note(self, text: str) -> None:
        """A line over the 3D view that goes by itself."""
        self._note = text
        self._note_timer.start()
        self._show_caption()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.viewport and event.type() == QEvent.Type.Resize:
            self._banner.place()
        return False

    def _end_note(self) -> None:
        self._note = ""
        self._show_caption()

    def _show_caption(self) -> None:
        text = self._note or self.viewport.failure or self._source
        if text != self._caption.text():
            self._caption.setText(text)
            self._caption.adjustSize()


class _SideColumn(QScrollArea):
    """Camera pane and cards; rearranged where the window is low."""

    def __init__(self, pane: QWidget, fit: QWidget, confidence: QWidget, speed: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(SIDE_MIN_PX)
        self.setMaximumWidth(SIDE_MAX_PX)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        self._pane, self._speed = pane, speed
        self._pair = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._pair.setSpacing(theme.GAP_PX)
        self._pair.addWidget(fit, 1)
        self._pair.addWidget(confidence, 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(pane)
        column.addLayout(self._pair)
        column.addWidget(speed)
        column.addStretch(1)
        # The column is never narrower than this: without it a long figure would widen the content.
        content.setMinimumWidth(0)
        for card in (fit, confidence, speed):
            card.setMinimumWidth(130)
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setWidget(content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        compact = self.height() < COMPACT_BELOW_PX
        direction = QBoxLayout.Direction
        self._pair.setDirection(direction.LeftToRight if compact else direction.TopToBottom)
        cards = self._pair.sizeHint().height() + self._speed.sizeHint().height()
        left = self.viewport().height() - cards - 2 * theme.GAP_PX
        natural = round(self.viewport().width() * PANE_SHAPE)
        self._pane.setFixedHeight(max(PANE_MIN_PX, min(natural, left)))


def _overlay_label(parent: QWidget) -> QLabel:
    label = theme.styled(QLabel(parent), "muted")
    label.move(12, 9)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label


def _caption_text(figures: Figures) -> str:
    if not figures.frames:
        return ""
    dropped = f"  ·  {figures.drops} skipped" if figures.drops else ""
    return f"{figures.source_name}  ·  frame {figures.frames}{dropped}"
