"""Is there a screen for a window? Asked before Qt is loaded, which ends the process if not."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

from engine.errors import UserError

XCB = "libxcb.so.1"
XCB_CURSOR = "libxcb-cursor.so.0"
WITHOUT_WINDOW = "`python main.py run --no-window` works without"


def has_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> bool:
    """Whether a window can be shown. A Qt platform that was chosen by hand is taken at its word."""
    if not system.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def check_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> None:
    """Say in a sentence what Qt would say by aborting.

    Raises:
        UserError: under X11, a library that Qt needs is missing or no server answers.
    """
    if not system.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return
    if environment.get("WAYLAND_DISPLAY"):
        return
    if not _loads(XCB_CURSOR):
        raise UserError(
            f"The window needs the system library {XCB_CURSOR}, which is missing. Run "
            f"`make system-libraries`, or `sudo apt-get install libxcb-cursor0`; {WITHOUT_WINDOW}."
        )
    name = environment.get("DISPLAY", "")
    if not _x_server_answers(name):
        raise UserError(
            f"The window needs a display, and none answers at DISPLAY={name}. Start or allow the "
            f"X server there, or unset DISPLAY; {WITHOUT_WINDOW}."
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _x_server_answers(name: str) -> bool:
    xcb = ctypes.CDLL(XCB)
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    answers = not xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return answers
