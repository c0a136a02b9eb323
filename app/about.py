"""The about box: what this is, and the versions that a bug report needs."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtWidgets import QMessageBox, QWidget

PACKAGES = (
    "PySide6-Essentials",
    "open3d",
    "numpy",
    "opencv-python-headless",
    "onnxruntime",
    "openvino",
    "numba",
    "pyrealsense2",
)


def versions() -> tuple[tuple[str, str], ...]:
    """Name and version of what we stand on, without importing any of it."""
    found = [("Python", platform.python_version()), ("System", platform.platform(terse=True))]
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            found.append((package, "not installed"))
    return tuple(found)


def about_box(parent: QWidget) -> QMessageBox:
    """A box that does not block the window; show it with `open`."""
    rows = "".join(
        f"<tr><td style='padding-right:18px; color:#98a1b0'>{name}</td><td>{number}</td></tr>"
        for name, number in versions()
    )
    box = QMessageBox(parent)
    box.setWindowTitle("About HandTune")
    box.setText(
        "<b>HandTune</b><p>A live, metric 3D hand mesh from a depth camera.</p>"
        "<p>Hand model: WebXR generic hand, MIT licence, Amazon 2019.</p>"
        f"<table>{rows}</table>"
    )
    return box
