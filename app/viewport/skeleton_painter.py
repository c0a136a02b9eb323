"""Joints and bones as a painter draws them, in the camera pane and over the 3D view alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.hand.keypoints import BONES

FAINTEST = 0.18
"""Opacity of a joint that is not certain at all."""


def paint_skeleton(
    painter: QPainter,
    pixels: npt.NDArray[np.floating],
    confidence: npt.NDArray[np.floating],
    color: QColor,
    radius_px: float,
) -> None:
    """Keypoints [21, 2] in the painter's pixels; the less certain, the fainter."""
    opacity = FAINTEST + (1.0 - FAINTEST) * np.clip(confidence, 0.0, 1.0)
    points = [QPointF(float(u), float(v)) for u, v in pixels]
    for parent, child in BONES:
        pen = QPen(_faded(color, float(opacity[child]) * 0.75), radius_px * 0.65)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(points[parent], points[child]))
    painter.setPen(Qt.PenStyle.NoPen)
    for point, alpha in zip(points, opacity, strict=True):
        painter.setBrush(_faded(color, float(alpha)))
        painter.drawEllipse(point, radius_px, radius_px)


def _faded(color: QColor, opacity: float) -> QColor:
    faded = QColor(color)
    faded.setAlphaF(opacity)
    return faded
