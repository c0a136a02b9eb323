"""Labels as the wizard's pages use them."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from app import theme

_BASE = "base style"


def heading(text: str) -> QLabel:
    """The title of a page or a part."""
    return wrapped(theme.styled(QLabel(text), "heading"))


def muted(text: str = "") -> QLabel:
    """An explanation."""
    return wrapped(theme.styled(QLabel(text), "muted"))


def title(text: str) -> QLabel:
    """What a field is."""
    return theme.styled(QLabel(text), "title")


def large(size_px: int) -> QLabel:
    """Words to be read from where the board is held."""
    label = wrapped(QLabel())
    label.setProperty(_BASE, f"font-size: {size_px}px; font-weight: 600;")
    return label


def wrapped(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    return label


def say(label: QLabel, text: str, color: QColor = theme.MUTED) -> None:
    """Change words and colour; only where they differ, for labels lay out anew each time."""
    if label.text() != text:
        label.setText(text)
    style = f"{label.property(_BASE) or ''} color: {color.name()};"
    if label.styleSheet() != style:
        label.setStyleSheet(style)
