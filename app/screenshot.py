"""Pictures of the window on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QThreadPool
from PySide6.QtWidgets import QWidget


def picture_path() -> Path:
    """A new name in the user's pictures folder."""
    places = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.PicturesLocation)
    folder = Path(places[0]) if places else Path.cwd()
    return folder / f"handtune-{datetime.now():%Y%m%d-%H%M%S}.png"


def save_picture(widget: QWidget, target: Path) -> None:
    """Take a picture of a widget now; compressing and writing goes on in the background."""
    image = widget.grab().toImage()

    def write() -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        image.save(str(target))

    QThreadPool.globalInstance().start(write)
