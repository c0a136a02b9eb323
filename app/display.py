"""Is there a screen for a window? Asked before Qt is loaded, which ends the process if not."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

from engine.errors import UserError

XCB_CURSOR = "libxcb-cursor.so.0"


def has_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> bool:
    """Whether a window can be shown. A Qt platform that was chosen by hand is taken at its word."""
    if not system.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def check_window_libraries(
    environment: Mapping[str, str] = os.environ, system: str = sys.platform
) -> None:
    """Say in a sentence what Qt would say by aborting.

    Raises:
        UserError: a library that Qt needs under X11 is missing.
    """
    under_x11 = system.startswith("linux") and not environment.get("WAYLAND_DISPLAY")
    if under_x11 and not environment.get("QT_QPA_PLATFORM") and not _loads(XCB_CURSOR):
        raise UserError(
            f"The window needs the system library {XCB_CURSOR}, which is missing. Run "
            "`make system-libraries`, or `sudo apt-get install libxcb-cursor0`; without a window, "
            "`python main.py run --no-window` works."
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
