"""The sources put together: which there are, which is in use, and asking for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.bridge import SessionBridge
from app.choices import Choices
from app.sources.bar import SourceBar
from app.sources.drop import DropTarget
from app.sources.forms import FOLDER_FORM
from app.sources.open_dialog import OpenSourceDialog
from app.sources.presenter import SourcesPresenter
from engine.capture.camera import SourceInfo

LOOK_FOR_DEVICES_MS = 4000


class SourcesRoom(QObject):
    """Belongs to the window's thread."""

    chosen = Signal(str)
    """(uri): to be tracked from now on."""
    calibrate_asked = Signal(str)
    """(uri): make a rig for these cameras first; empty where none are named."""

    def __init__(
        self,
        discover: Callable[[], Sequence[SourceInfo]],
        choices: Choices,
        bridge: SessionBridge,
        window: QWidget,
    ) -> None:
        """Recordings that are dropped onto `window` are opened."""
        super().__init__(window)
        self.presenter = SourcesPresenter(discover)
        self.bar = SourceBar()
        self._choices, self._bridge = choices, bridge
        self._start_when_found = False
        self._drops = DropTarget(window)
        self._drops.dropped.connect(self.chosen)
        self.bar.chosen.connect(self.chosen)
        self.bar.open_asked.connect(self.open)
        self.bar.refresh_asked.connect(self.refresh_sources)
        bridge.ticked.connect(self._tick)
        self._timer = QTimer(self, interval=LOOK_FOR_DEVICES_MS)
        self._timer.timeout.connect(self._look_for_devices)
        self._timer.start()

    @property
    def current(self) -> str:
        """URI of the source that was chosen last."""
        return self._choices.settings.source_uri

    def take(self, uri: str | None) -> str | None:
        """The source to track now, which is then the current one.

        Without a URI that is the last one; None where devices have not been looked for: `chosen`
        tells later.
        """
        self._start_when_found = uri is None and not self.presenter.searched
        if self._start_when_found:
            return None
        uri = uri or self.presenter.first_uri(self.current)
        self._choices.remember_source(uri)
        self.show()
        return uri

    def refresh_sources(self) -> None:
        """Look for devices in the background."""
        self.presenter.refresh()

    def open_source(self) -> None:
        """Ask for any source, a folder to begin with; does not block."""
        self.open(FOLDER_FORM)

    def open(self, form_index: int) -> None:
        """Ask for a folder, data set, stereo camera or typed source; does not block."""
        dialog = OpenSourceDialog(self.bar.window(), form_index)
        dialog.accepted.connect(lambda: self.chosen.emit(dialog.uri))
        dialog.calibrate_asked.connect(self.calibrate_asked)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show(self) -> None:
        """Fill the list."""
        recent = self._choices.settings.recent_uris
        self.bar.show_choices(self.presenter.choices(self.current, recent), self.current)

    def _tick(self) -> None:
        if not self.presenter.poll():
            return
        self.show()
        if self._start_when_found:
            self.chosen.emit(self.presenter.first_uri(self.current))

    def _look_for_devices(self) -> None:
        """Hot plugging; not while a device is held, some SDKs disturb a running stream."""
        if not self._bridge.holding:
            self.presenter.refresh()
