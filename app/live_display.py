"""Brings what the session delivers onto the screen, and its figures a few times a second."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.banner import Action
from app.bridge import SessionBridge
from app.personal import PersonalRoom
from app.sessions import SessionsRoom
from app.sources.room import SourcesRoom
from app.tracking.presenter import TrackingPresenter
from app.tracking.side_column import SideMode
from app.tracking.view import TrackingView
from engine.messages import Frame, Scene
from engine.runtime.clock import monotonic_ns

FIGURES_MS = 250


class LiveDisplay(QObject):
    """From the bridge to the tracking view. Belongs to the window's thread."""

    def __init__(
        self,
        bridge: SessionBridge,
        tracking: TrackingPresenter,
        view: TrackingView,
        personal: PersonalRoom,
        sources: SourcesRoom,
        sessions: SessionsRoom,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._tracking, self._view = bridge, tracking, view
        self._personal, self._sources, self._sessions = personal, sources, sessions
        bridge.began.connect(self._began)
        bridge.scene_arrived.connect(self._scene_arrived)
        bridge.frame_arrived.connect(view.show_frame)
        bridge.ticked.connect(self._tick)
        bridge.released.connect(self._clear)
        personal.side_changed.connect(self._show_side)
        view.viewport.shown.connect(
            lambda captured_ns: tracking.add_shown(captured_ns, monotonic_ns())
        )
        self._timer = QTimer(self, interval=FIGURES_MS)
        self._timer.timeout.connect(self._show_figures)
        self._timer.start()

    def act(self, action: Action) -> bool:
        """Do what a banner's button says; whether it was about what is displayed."""
        if action is Action.LATER:
            self._tracking.stereo.dismiss()
        return action is Action.LATER

    def _began(self) -> None:
        self._personal.begin_session()
        self._clear()

    def _scene_arrived(self, scene: Scene, frame: Frame | None) -> None:
        self._tracking.add_scene(scene, monotonic_ns())
        self._personal.add_scene(scene, frame)
        self._view.show_scene(scene, frame)

    def _tick(self, now_ns: int) -> None:
        stopping = self._bridge.stopping
        self._tracking.update_status(self._bridge.status, stopping, now_ns, self._bridge.standing)
        self._personal.tick()
        condition = self._tracking.condition(now_ns)
        banner = self._sessions.banner(self._personal.banner(condition), now_ns)
        self._view.show_condition(replace(condition, banner=banner))
        searching = self._sources.presenter.searching
        self._sources.bar.show_running(condition.running, stopping, searching)
        self._view.viewport.tick()

    def _show_figures(self) -> None:
        now_ns = monotonic_ns()
        self._view.show_figures(self._tracking.figures(now_ns))
        self._view.show_readings(self._bridge.readings())
        self._personal.show_figures(now_ns)

    def _show_side(self, mode: SideMode) -> None:
        self._view.show_side(mode)
        if mode in (SideMode.FIGURES, SideMode.LEARNING):
            self._view.viewport.setFocus()

    def _clear(self) -> None:
        self._tracking.begin()
        self._view.clear()
