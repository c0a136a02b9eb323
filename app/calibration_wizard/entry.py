"""The way from the window into the calibration; loads it when it is asked for.

Solvers and detectors take a moment to load, and most people calibrate once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.banner import Action
from app.bridge import SessionBridge
from engine.capture.sources import with_rig

if TYPE_CHECKING:
    from app.calibration_wizard.room import CalibrationRoom

SCHEMES = ("uvc:", "images:", "video:")
"""Of sources that do not know their own calibration."""
MakeRoom = Callable[[QWidget], "CalibrationRoom"]
"""(the window it lies over)"""


class CalibrationEntry(QObject):
    """Belongs to the window's thread."""

    track_asked = Signal(object)
    """(uri | None): track this from now on; None for what was tracked before."""

    def __init__(self, make_room: MakeRoom) -> None:
        super().__init__()
        self._make_room = make_room
        self._room: CalibrationRoom | None = None
        self._bridge: SessionBridge | None = None
        self._window: QWidget | None = None
        self._resume = False

    def adopt(self, window: QWidget, bridge: SessionBridge) -> None:
        """Lie over this window; what it tracks lets go of its camera meanwhile."""
        self._window, self._bridge = window, bridge

    @property
    def room(self) -> CalibrationRoom | None:
        """None until it was asked for."""
        return self._room

    def calibrate(self) -> None:
        """Begin, with the cameras that are tracked if they need it; does not block."""
        wish = None if self._bridge is None else self._bridge.wish
        self.calibrate_cameras("" if wish is None else wish.uri)

    def calibrate_cameras(self, uri: str) -> None:
        """Begin, with these cameras suggested; does not block."""
        if self._window is None or self._bridge is None:
            return
        if self._room is None:
            self._room = self._make_room(self._window)
            self._room.track_asked.connect(self._track)
            self._room.left.connect(self._left)
        if self._room.dialog is None:
            self._resume = self._bridge.active
            self._bridge.stop()
        self._room.open(uri if uri.startswith(SCHEMES) else "")

    def act(self, action: Action) -> bool:
        """Do what a banner's button says; whether it was about the calibration."""
        if action is Action.CALIBRATE:
            self.calibrate()
        return action is Action.CALIBRATE

    def leave(self) -> None:
        """The window goes: let go of the cameras in the background."""
        self._resume = False
        if self._room is not None:
            self._room.leave()

    def close(self) -> None:
        """The program ends: wait a moment for them."""
        if self._room is not None:
            self._room.close()

    def _track(self, uri: str, rig: Path) -> None:
        self._resume = False
        self.track_asked.emit(with_rig(uri, str(rig)))

    def _left(self) -> None:
        if self._resume:
            self._resume = False
            self.track_asked.emit(None)


def live_room(window: QWidget) -> CalibrationRoom:
    """The wizard with real cameras."""
    from app.calibration_wizard.presenter import WizardPresenter
    from app.calibration_wizard.room import CalibrationRoom
    from app.calibration_wizard.solving import start_solving
    from engine.capture.raw_pairs import open_pairs

    return CalibrationRoom(WizardPresenter(open_pairs, start_solving), window)
