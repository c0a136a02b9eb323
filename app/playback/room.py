"""Playing a recorded session put together: transport bar, markers, and the hands as recorded."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import ThreadWork, Work
from app.bridge import SessionBridge
from app.playback.bar import TransportBar
from app.playback.overview import Overview, read_overview, session_path
from app.playback.presenter import PlaybackFigures, PlaybackPresenter
from app.playback.recorded import AsRecorded, RecordedHands, ghost_mesh
from app.viewport.surface import HandSurface
from app.viewport.widget import ViewportWidget
from engine.messages import Frame, Scene
from engine.runtime.clock import NS_PER_S, monotonic_ns

HOLD_NS = NS_PER_S // 4
"""A frame that was left out while recording does not take the recorded hand away for so long."""


class PlaybackRoom(QObject):
    """Belongs to the window's thread."""

    changed = Signal()
    """Loop, speed or what is shown as recorded: to be remembered."""
    opened = Signal(bool)
    """(present): a recording can be moved about in, or not any more."""

    def __init__(
        self, bridge: SessionBridge, viewport: ViewportWidget, surface: HandSurface
    ) -> None:
        super().__init__()
        self.presenter = PlaybackPresenter()
        self.bar = TransportBar()
        self.as_recorded = False
        self._bridge, self._viewport, self._surface = bridge, viewport, surface
        self._path: Path | None = None
        self._reading: Work[Overview] | None = None
        self._recorded: RecordedHands | None = None
        self._answer: AsRecorded | None = None
        self._scene: Scene | None = None
        self._shown: PlaybackFigures | None = None
        self._shown_ns = 0
        self.bar.toggle_asked.connect(self.presenter.toggle)
        self.bar.timeline.sought.connect(self.presenter.seek)
        self.bar.speed_asked.connect(self.set_speed)
        bridge.began.connect(self._began)
        bridge.scene_arrived.connect(self._scene_arrived)
        bridge.released.connect(self.close)

    @property
    def path(self) -> Path | None:
        """The session that is played; None while none is."""
        return self._path

    def set_speed(self, speed: float) -> None:
        self.presenter.set_speed(speed)
        self.changed.emit()

    def faster(self, steps: int) -> None:
        self.presenter.faster(steps)
        self.changed.emit()

    def set_loop(self, on: bool) -> None:
        """Begin again at the end."""
        self.presenter.loop = on
        self.changed.emit()

    def set_as_recorded(self, on: bool) -> None:
        """Show the hands that were recorded, half transparent, with those that are tracked now."""
        self.as_recorded = on
        self._compare()
        self.changed.emit()

    def tick(self) -> None:
        """As often as the bridge looks."""
        session = self._bridge.session
        was = self.presenter.present
        self.presenter.update(None if session is None else session.playback)
        figures = self.presenter.figures()
        if figures != self._shown:
            self._shown = figures
            self.bar.show_figures(figures)
        if was != self.presenter.present:
            self.opened.emit(not was)
        if self._reading is not None and self._reading.poll():
            self.bar.show_overview(self._reading.result)
            self._reading = None
        self._show_recorded()

    def close(self) -> None:
        """Let go of the session."""
        if self._reading is not None:
            self._reading.cancel()
        self._path = self._reading = None
        self._stop_comparing()
        self.bar.show_overview(None)

    def _began(self, uri: str) -> None:
        self.close()
        self._path = session_path(uri)
        if self._path is not None:
            self._reading = ThreadWork("overview", partial(read_overview, self._path))
            self._compare()

    def _compare(self) -> None:
        """Begin or end to look up recorded hands, whichever is due."""
        if not self.as_recorded or self._path is None:
            self._stop_comparing()
        elif self._recorded is None:
            self._recorded = RecordedHands(self._path)
            self._recorded.start()
            if self._scene is not None:
                self._recorded.ask(self._scene)

    def _stop_comparing(self) -> None:
        if self._recorded is not None:
            self._recorded.request_stop()
            self._viewport.show_ghost(None)
        self._recorded = self._answer = None
        self.bar.show_distance("", "")

    def _scene_arrived(self, scene: Scene, _frame: Frame | None) -> None:
        self._scene = scene
        if self._recorded is not None:
            self._recorded.ask(scene)

    def _show_recorded(self) -> None:
        recorded = self._recorded
        answer = None if recorded is None else recorded.newest()
        if recorded is None:
            return
        if recorded.failure:
            self.bar.show_distance("not readable", recorded.failure)
        elif answer is not None and answer is not self._answer:
            now_ns = monotonic_ns()
            if not answer.tracked and now_ns - self._shown_ns < HOLD_NS:
                return  # Between two frames that were tracked: the former one stands.
            self._answer, self._shown_ns = answer, now_ns
            self._viewport.show_ghost(ghost_mesh(answer.hands, self._surface))
            self.bar.show_distance(*_distance_text(answer))


def _distance_text(answer: AsRecorded) -> tuple[str, str]:
    if answer.distance_mm is not None:
        tip = "Mean distance of the joints as they are tracked now from those that were recorded"
        return f"{answer.distance_mm:.1f} mm apart", tip
    if not answer.tracked:
        return "untracked then", "Recording left this frame untracked: the machine was busy"
    if answer.hands:
        return "no hand now", "A hand was recorded here that is not tracked now"
    return "no hand then", "No hand was recorded in this frame"
