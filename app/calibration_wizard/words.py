"""Labels as the wizard's pages use them."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from app import theme


def heading(text: str) -> QLabel:
    """The title of a page or a part."""
    return wrapped(theme.styled(QLabel(text), "heading"))


def muted(text: str = "") -> QLabel:
    """An explanation."""
    return wrapped(theme.styled(QLabel(text), "muted"))


def title(text: str) -> QLabel:
    """What a field is."""
    return theme.styled(QLabel(text), "title")


def wrapped(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    return label


def say(label: QLabel, text: str, color: QColor = theme.MUTED) -> None:
    """Change words and colour; only where they differ, for labels lay out anew each time."""
    if label.text() != text:
        label.setText(text)
    style = f"color: {color.name()};"
    if label.styleSheet() != style:
        label.setStyleSheet(style)
