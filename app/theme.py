"""Colours, spacing and the style sheet of the dark window."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

W = TypeVar("W", bound=QWidget)

WINDOW = QColor("#13151a")
SURFACE = QColor("#1a1d23")
RAISED = QColor("#242830")
LINE = QColor("#2e333d")
TEXT = QColor("#e4e7ec")
MUTED = QColor("#98a1b0")
FAINT = QColor("#6b7383")
ACCENT = QColor("#5cb8b2")
GOOD = QColor("#6cc08b")
FAIR = QColor("#d9b45f")
POOR = QColor("#df7a6c")
INFO = QColor("#6fa3d8")
RECORD = QColor("#e5534b")
RIGHT_HAND = QColor("#eea878")
LEFT_HAND = QColor("#7fb4ee")

GAP_PX = 10

_ICONS = Path(__file__).with_name("icons").as_posix()
"""A style sheet takes marks and arrows from files only."""

_STYLE = f"""
* {{ font-size: 13px; color: {TEXT.name()}; }}
QMainWindow, QDialog {{ background: {WINDOW.name()}; }}
QToolTip {{ background: {RAISED.name()}; color: {TEXT.name()}; border: 1px solid {LINE.name()};
  padding: 4px 6px; }}
QMenuBar {{ background: {WINDOW.name()}; padding: 2px 6px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {RAISED.name()}; }}
QMenu {{ background: {RAISED.name()}; border: 1px solid {LINE.name()}; padding: 5px; }}
QMenu::item {{ padding: 5px 26px 5px 22px; border-radius: 4px; }}
QMenu::item:selected {{ background: {LINE.name()}; }}
QMenu::item:disabled {{ color: {FAINT.name()}; }}
QMenu::separator {{ height: 1px; background: {LINE.name()}; margin: 5px 8px; }}
QFrame#card {{ background: {SURFACE.name()}; border: 1px solid {LINE.name()}; border-radius: 8px; }}
QMessageBox, QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QLabel {{ background: transparent; }}
QLabel#title {{ color: {MUTED.name()}; font-size: 12px; }}
QLabel#muted {{ color: {MUTED.name()}; font-size: 12px; }}
QLabel#value {{ font-size: 15px; font-weight: 600; }}
QLabel#key {{ font-weight: 600; }}
QLabel#heading {{ font-size: 16px; font-weight: 600; }}
QPushButton, QToolButton {{ background: {RAISED.name()}; border: 1px solid {LINE.name()};
  border-radius: 6px; padding: 6px 13px; min-height: 18px; }}
QPushButton:hover, QToolButton:hover {{ background: {LINE.name()}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {SURFACE.name()}; }}
QPushButton:focus, QToolButton:focus, QComboBox:focus {{ border-color: {ACCENT.name()}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {FAINT.name()}; }}
QToolButton::menu-indicator {{ image: url("{_ICONS}/down.svg"); width: 11px; height: 11px;
  subcontrol-origin: border; subcontrol-position: right center; right: 9px; }}
QToolButton[popupMode="2"] {{ padding-left: 10px; padding-right: 24px; }}
QToolButton:checked {{ color: {ACCENT.name()}; border-color: {ACCENT.darker(150).name()}; }}
QPushButton#primary {{ background: {ACCENT.name()}; color: #0d1414; border-color: {ACCENT.name()};
  font-weight: 600; }}
QPushButton#primary:hover {{ background: {ACCENT.lighter(110).name()}; }}
QPushButton#primary:disabled {{ background: {RAISED.name()}; color: {MUTED.name()};
  border-color: {LINE.name()}; }}
QComboBox {{ background: {RAISED.name()}; border: 1px solid {LINE.name()}; border-radius: 6px;
  padding: 6px 10px; min-height: 18px; combobox-popup: 0; }}
QComboBox:hover {{ background: {LINE.name()}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{_ICONS}/down.svg"); width: 11px; height: 11px; }}
QComboBox QAbstractItemView {{ background: {RAISED.name()}; border: 1px solid {LINE.name()};
  padding: 4px; outline: none; selection-background-color: {LINE.name()}; }}
QComboBox QAbstractItemView::item {{ padding: 4px 7px; border-radius: 4px; }}
QComboBox QAbstractItemView::item:selected {{ background: {LINE.name()}; }}
QLineEdit {{ background: {RAISED.name()}; border: 1px solid {LINE.name()}; border-radius: 6px;
  padding: 6px 9px; selection-background-color: {ACCENT.darker(160).name()}; }}
QAbstractSpinBox {{ background: {RAISED.name()}; border: 1px solid {LINE.name()};
  border-radius: 6px; padding: 5px 8px; min-height: 18px; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; border: none; }}
QAbstractSpinBox:focus {{ border-color: {ACCENT.name()}; }}
QCheckBox {{ spacing: 8px; }}
QCheckBox:disabled {{ color: {FAINT.name()}; }}
QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {FAINT.name()};
  border-radius: 4px; background: {RAISED.name()}; }}
QCheckBox::indicator:checked {{ background: {ACCENT.name()}; border-color: {ACCENT.name()};
  image: url("{_ICONS}/check.svg"); }}
QCheckBox::indicator:disabled {{ border-color: {LINE.name()}; }}
QCheckBox::indicator:checked:disabled {{ background: {FAINT.name()}; }}
QCheckBox::indicator:focus {{ border-color: {ACCENT.name()}; }}
QProgressBar {{ background: {RAISED.name()}; border: none; border-radius: 2px; }}
QProgressBar::chunk {{ background: {ACCENT.name()}; border-radius: 2px; }}
QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {LINE.name()}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 8px; }}
QScrollBar::handle:vertical {{ background: {LINE.name()}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
"""


def apply_theme(application: QApplication) -> None:
    """Dark on every platform, whatever the desktop says."""
    application.setStyle("Fusion")
    palette = QPalette(WINDOW)
    for role, color in (
        (QPalette.ColorRole.Window, WINDOW),
        (QPalette.ColorRole.Base, SURFACE),
        (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.WindowText, TEXT),
        (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT.darker(150)),
        (QPalette.ColorRole.PlaceholderText, FAINT),
    ):
        palette.setColor(role, color)
    application.setPalette(palette)
    application.setStyleSheet(_STYLE)


def styled(widget: W, role: str) -> W:
    """The widget, in the style sheet's role: card, title, muted, value, heading or primary."""
    widget.setObjectName(role)
    return widget


def wrapped(text: str = "", role: str = "muted") -> QLabel:
    """A label that breaks its lines, in a role of `styled`."""
    label = styled(QLabel(text), role)
    label.setWordWrap(True)
    return label


def write_in(painter: QPainter, size_px: int, weight: QFont.Weight = QFont.Weight.Normal) -> None:
    """The painter's font from now on."""
    font = QFont(painter.font())
    font.setPixelSize(size_px)
    font.setWeight(weight)
    painter.setFont(font)
