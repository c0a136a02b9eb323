"""The main window: puts rooms, bridge, settings and actions together.

    run_window("sim:") -> exit status

The window never waits: sources are looked for, opened and closed by other threads, and pictures
are drawn by another process. Closing hides the window at once and ends when all of them have.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QThreadPool, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.about import about_box
from app.actions import build_menus
from app.bridge import SessionBridge, SessionFactory
from app.enrolment.live_guide import LiveGuide
from app.enrolment.measuring import LiveMeasuring, shipped_estimator
from app.enrolment.presenter import EnrolmentPresenter
from app.enrolment.room import EnrolmentRoom
from app.help_overlay import HelpOverlay
from app.live_session import make_session
from app.personal import PersonalRoom
from app.profiles.room import ProfilesRoom
from app.screenshot import picture_path, save_picture
from app.settings import Settings, default_path, load_settings, save_settings
from app.sources.bar import SourceBar
from app.sources.open_dialog import FOLDER_FORM, OpenSourceDialog
from app.sources.presenter import SourcesPresenter
from app.tracking.presenter import Action, TrackingPresenter
from app.tracking.side_column import SideMode
from app.tracking.view import TrackingView
from app.viewport.render_process import RenderProcess
from app.viewport.surface import default_surface
from app.viewport.widget import PictureSource, ViewportWidget
from engine.adaptation.profile_store import ProfileStore
from engine.capture.camera import SourceInfo
from engine.capture.sources import discover
from engine.messages import Frame, Scene
from engine.runtime.clock import monotonic_ns

FIGURES_MS = 250
LOOK_FOR_DEVICES_MS = 4000
SMALLEST_PX = (900, 600)
FIRST_PX = (1280, 800)
CLOSING_LIMIT_MS = 6000
SWITCH_INTERVAL_S = 0.001
BAR_ACTIONS = ("set_points", "set_skeleton", "set_grid", "set_mirrored", "reset_view")
PERSON_ACTIONS = ("set_improve", "new_user")
PROFILE_CHANGES = {"↺": "reset_profile", "✕": "delete_profile"}
TOGGLES = ("points", "skeleton", "grid", "mirrored", "follow", "learning", "improve")


class MainWindow(QMainWindow):
    """The whole window. Everything that takes time is handed in, so tests can stand in for it."""

    def __init__(
        self,
        make_session: SessionFactory,
        discover: Callable[[], Sequence[SourceInfo]],
        pictures: PictureSource,
        settings_path: Path,
        profiles: ProfileStore,
        enrolment: EnrolmentPresenter,
    ) -> None:
        super().__init__()
        self.setWindowTitle("HandTune")
        self._settings_path = settings_path
        self.settings = load_settings(settings_path)
        self.sources = SourcesPresenter(discover)
        self.tracking = TrackingPresenter()
        self.bridge = SessionBridge(make_session, self)
        surface = default_surface()
        viewport = ViewportWidget(pictures, surface)
        self.bar = SourceBar()
        self._closing = False
        self._start_when_found = False
        self.actions_by_name = build_menus(self, lambda name: getattr(self, name))
        self.people = ProfilesRoom(
            profiles,
            [self.actions_by_name[name] for name in PERSON_ACTIONS],
            {sign: self.actions_by_name[name] for sign, name in PROFILE_CHANGES.items()},
        )
        self.enrolment = EnrolmentRoom(enrolment, viewport, surface)
        self.personal = PersonalRoom(self.bridge, self.people, self.enrolment)
        self.learning = self.personal.learning_card
        self.view = TrackingView(
            viewport, surface, self.learning, self.enrolment.card, self.enrolment.comparison
        )
        self._lay_out()
        self.help = HelpOverlay(self.body)
        self._connect()
        self._restore()
        self.sources.refresh()

    def start(self, uri: str | None) -> None:
        """Track `uri`; without one, the last source once devices were looked for."""
        self._start_when_found = uri is None and not self.sources.searched
        if self._start_when_found:
            return
        uri = uri or self.sources.first_uri(self.settings.source_uri)
        self.settings = self.settings.remembering(uri)
        self._show_choices()
        self.personal.keep_what_was_learnt()
        self.bridge.start(self.personal.wish(uri))

    def toggle_tracking(self) -> None:
        """Start the chosen source, or stop."""
        if self.bridge.active:
            self.bridge.stop()
        elif not self.bridge.stopping:
            self.start(self.settings.source_uri)

    def choose_source(self, uri: str) -> None:
        """Track this source from now on."""
        self.start(uri)

    def refresh_sources(self) -> None:
        self.sources.refresh()

    def open_source(self, form_index: int = FOLDER_FORM) -> None:
        """Ask for a folder, data set or typed source; does not block."""
        dialog = OpenSourceDialog(self, form_index)
        dialog.accepted.connect(lambda: self.start(dialog.uri))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_screenshot(self) -> Path:
        """Save a picture of the window to the pictures folder; where it will be."""
        target = picture_path()
        save_picture(self, target)
        self.view.show_note(f"Saved {target}")
        return target

    def reset_view(self) -> None:
        self.view.viewport.reset_view()

    def new_user(self) -> None:
        """Ask who is new; tracking starts if it does not run."""
        if not self.bridge.active and not self.bridge.stopping:
            self.start(self.settings.source_uri)
        self.personal.new_user()

    def set_improve(self, on: bool) -> None:
        """Adapt while tracking, or go on with the weights in use."""
        self.personal.set_improve(on)
        if on and self.isVisible():
            self.actions_by_name["set_learning"].setChecked(True)

    def set_learning(self, on: bool) -> None:
        """Show what is learnt, or confidence and speed."""
        self.personal.set_learning(on)

    def reset_profile(self) -> None:
        self.people.reset()

    def delete_profile(self) -> None:
        self.people.delete()

    def set_mirrored(self, on: bool) -> None:
        self._set(replace(self.settings, mirrored=on))

    def set_follow(self, on: bool) -> None:
        self._set(replace(self.settings, follow=on))

    def set_points(self, on: bool) -> None:
        self._set(replace(self.settings, points=on))

    def set_skeleton(self, on: bool) -> None:
        self._set(replace(self.settings, skeleton=on))

    def set_grid(self, on: bool) -> None:
        self._set(replace(self.settings, grid=on))

    def toggle_full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def toggle_help(self) -> None:
        self.help.toggle()

    def show_about(self) -> None:
        about_box(self).open()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide at once; end when the session has let go of its camera."""
        if not self._closing:
            self._closing = True
            self._remember()
            self.personal.close()
            self.bridge.stop()
            QTimer.singleShot(CLOSING_LIMIT_MS, self._quit)
        if self.bridge.holding:
            event.ignore()
            self.hide()
            return
        event.accept()
        self._quit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.help.place()

    def _lay_out(self) -> None:
        self.bar.add_widget(self.people.bar)
        self.bar.add_actions(self.actions_by_name[name] for name in BAR_ACTIONS)
        self.body = QWidget()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(theme.GAP_PX, 4, theme.GAP_PX, theme.GAP_PX)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(self.bar)
        column.addWidget(self.view, 1)
        self.setCentralWidget(self.body)
        self.setMinimumSize(*SMALLEST_PX)
        self.view.viewport.setFocus()

    def _connect(self) -> None:
        self.bar.chosen.connect(self.choose_source)
        self.bar.open_asked.connect(self.open_source)
        self.bar.refresh_asked.connect(self.refresh_sources)
        self.bar.toggle_asked.connect(self.toggle_tracking)
        self.bridge.began.connect(self._began)
        self.bridge.scene_arrived.connect(self._scene_arrived)
        self.bridge.frame_arrived.connect(self.view.show_frame)
        self.bridge.ticked.connect(self._tick)
        self.bridge.released.connect(self._released)
        self.view.action_asked.connect(self._act)
        self._connect_personal()
        self.view.viewport.shown.connect(
            lambda captured_ns: self.tracking.add_shown(captured_ns, monotonic_ns())
        )
        self._figures_timer = QTimer(self, interval=FIGURES_MS)
        self._figures_timer.timeout.connect(self._show_figures)
        self._figures_timer.start()
        self._devices_timer = QTimer(self, interval=LOOK_FOR_DEVICES_MS)
        self._devices_timer.timeout.connect(self._look_for_devices)
        self._devices_timer.start()

    def _connect_personal(self) -> None:
        improve, learning = (self.actions_by_name[f"set_{n}"] for n in ("improve", "learning"))
        self.people.bar.new_asked.connect(self.new_user)
        self.personal.track_anew_asked.connect(self._track_anew)
        self.personal.side_changed.connect(self._show_side)
        self.personal.remembered.connect(self._remember_person)
        self.personal.note_said.connect(self.view.show_note)
        self.learning.pause_asked.connect(lambda paused: improve.setChecked(not paused))
        self.learning.closed.connect(lambda: learning.setChecked(False))

    def _restore(self) -> None:
        self.resize(*FIRST_PX)
        if self.settings.geometry:
            self.restoreGeometry(QByteArray.fromHex(self.settings.geometry.encode()))
        if len(self.settings.splitter) == 2:
            self.view.splitter.setSizes(list(self.settings.splitter))
        wanted = self.settings
        self.people.begin_with(wanted.profile)
        for name in TOGGLES:
            self.actions_by_name[f"set_{name}"].setChecked(getattr(wanted, name))
        self.view.show_options(self.settings)
        self._show_choices()

    def _remember(self) -> None:
        geometry = bytes(self.saveGeometry().toHex().data()).decode()
        sizes = tuple(self.view.splitter.sizes())
        self.settings = replace(self.settings, geometry=geometry, splitter=sizes)
        save_settings(self.settings, self._settings_path)

    def _set(self, settings: Settings) -> None:
        self.settings = settings
        self.view.show_options(settings)

    def _began(self, uri: str) -> None:  # noqa: ARG002
        self.tracking.begin()
        self.personal.begin_session()
        self.view.clear()

    def _scene_arrived(self, scene: Scene, frame: Frame | None) -> None:
        self.tracking.add_scene(scene, monotonic_ns())
        self.personal.add_scene(scene, frame)
        self.view.show_scene(scene, frame)

    def _tick(self, now_ns: int) -> None:
        self.tracking.update_status(self.bridge.status, self.bridge.stopping, now_ns)
        if self.sources.poll():
            self._show_choices()
            if self._start_when_found:
                self.start(self.sources.first_uri(self.settings.source_uri))
        self.personal.tick()
        condition = self.tracking.condition(now_ns)
        self.view.show_condition(replace(condition, banner=self.personal.banner(condition)))
        self.bar.show_running(condition.running, self.bridge.stopping, self.sources.searching)
        self.view.viewport.tick()

    def _show_figures(self) -> None:
        now_ns = monotonic_ns()
        self.view.show_figures(self.tracking.figures(now_ns))
        self.view.show_readings(self.bridge.readings())
        self.personal.show_figures(now_ns)

    def _show_side(self, mode: SideMode) -> None:
        self.view.show_side(mode)
        if mode in (SideMode.FIGURES, SideMode.LEARNING):
            self.view.viewport.setFocus()

    def _track_anew(self) -> None:
        """Go on with the same source as somebody else."""
        if self.bridge.active:
            self.start(self.settings.source_uri)

    def _remember_person(self) -> None:
        personal = self.personal
        self.settings = replace(
            self.settings,
            profile=personal.profile_name,
            improve=personal.improve,
            learning=personal.learning,
        )

    def _show_choices(self) -> None:
        choices = self.sources.choices(self.settings.source_uri, self.settings.recent_uris)
        self.bar.show_choices(choices, self.settings.source_uri)

    def _look_for_devices(self) -> None:
        """Hot plugging; not while a device is held, some SDKs disturb a running stream."""
        if not self.bridge.holding:
            self.sources.refresh()

    def _released(self) -> None:
        if self._closing:
            self.close()
            return
        self.tracking.begin()
        self.view.clear()

    def _act(self, action: Action) -> None:
        if not self.personal.act(action) and action is not Action.NONE:
            self.start(self.settings.source_uri)

    def _quit(self) -> None:
        self.bridge.close(timeout_s=0.5)
        self.people.keeper.close()
        QApplication.quit()


def run_window(initial_uri: str | None = None, factory: SessionFactory | None = None) -> int:
    """Open the window and stay until it closes; the exit status.

    Tracks `initial_uri`, or without one what was used last (else a camera that is attached, else
    the simulated one). `factory` builds tracking sessions for tests.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("HandTune")
    theme.apply_theme(application)
    pictures = RenderProcess()
    enrolment = EnrolmentPresenter(
        LiveGuide, partial(LiveMeasuring, make_estimator=shipped_estimator)
    )
    window = MainWindow(
        factory or make_session, discover, pictures, default_path(), ProfileStore(), enrolment
    )
    # With the usual 5 ms, a burst of the window's Python holds up the tracker for that long when it
    # wants the interpreter back: 28.8 ms instead of 21.3 ms from frame to mesh in one measurement.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    # Python runs signal handlers between two looks of the bridge, so within milliseconds.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    window.show()
    window.start(initial_uri)
    try:
        return application.exec()
    finally:
        window.bridge.close()
        QThreadPool.globalInstance().waitForDone(3000)
        window.view.viewport.release()
        pictures.close()
