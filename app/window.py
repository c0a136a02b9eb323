"""The main window: puts the rooms together and answers the actions.

The window never waits: sources are looked for, opened and closed by other threads, and pictures
are drawn by another process. Closing hides the window at once and ends when all of them have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from app import theme
from app.about import about_box
from app.actions import build_menus
from app.banner import Action
from app.bridge import SessionBridge
from app.calibration_wizard.entry import CalibrationEntry
from app.choices import SWITCHES, Choices
from app.closing import Closing
from app.enrolment.presenter import EnrolmentPresenter
from app.enrolment.room import EnrolmentRoom
from app.geometry import restore_geometry
from app.help_overlay import HelpOverlay
from app.live_display import LiveDisplay
from app.personal import PersonalRoom
from app.profiles.room import ProfilesRoom
from app.screenshot import picture_path, save_picture
from app.session_use import SessionFactory
from app.sessions import SessionsRoom
from app.settings import Settings
from app.sources.room import SourcesRoom
from app.streaming.presenter import StreamsPresenter
from app.streaming.room import StreamsRoom
from app.tracking.presenter import TrackingPresenter
from app.tracking.view import TrackingView
from app.viewport.surface import default_surface
from app.viewport.widget import PictureSource, ViewportWidget
from engine.adaptation.profile_store import ProfileStore
from engine.capture.camera import SourceInfo

BAR_ACTIONS = ("set_points", "set_skeleton", "reset_view")
"""Of the view; the others stand in its menu and have keys."""


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
        streams: StreamsPresenter,
        calibration: CalibrationEntry,
    ) -> None:
        super().__init__()
        self.setWindowTitle("HandTune")
        self.choices = Choices(settings_path)
        self.bridge = SessionBridge(make_session, self)
        self.sources = SourcesRoom(discover, self.choices, self.bridge, self)
        surface = default_surface()
        viewport = ViewportWidget(pictures, surface)
        self.sessions = SessionsRoom(self.bridge, self.choices, viewport, surface)
        self.streams = StreamsRoom(streams, viewport)
        self.calibration = calibration
        self._owners = (self, self.sources, self.sessions, self.streams, calibration, viewport)
        self.actions_by_name = build_menus(self, self._handler_of)
        self.people = ProfilesRoom(profiles, self.actions_by_name)
        self.enrolment = EnrolmentRoom(enrolment, viewport, surface)
        self.personal = PersonalRoom(self.bridge, self.people, self.enrolment)
        self.view = TrackingView(
            viewport,
            surface,
            self.personal.learning_card,
            self.enrolment.card,
            self.enrolment.comparison,
            self.sessions.playback.bar,
        )
        self.tracking = TrackingPresenter()
        self.display = LiveDisplay(
            self.bridge, self.tracking, self.view, self.personal, self.sources, self.sessions, self
        )
        self._closing = Closing(self, self.bridge, lambda: self.sessions.unfinished)
        self._lay_out()
        self.help = HelpOverlay(self.body)
        self._connect()
        self._connect_personal()
        self._restore()
        self.sources.refresh_sources()
        self.sessions.look_for_unfinished()

    @property
    def settings(self) -> Settings:
        """What the person chose."""
        return self.choices.settings

    def start(self, uri: str | None) -> None:
        """Track `uri`; without one, the last source once devices were looked for."""
        taken = self.sources.take(uri)
        if taken is not None:
            self.personal.keep_what_was_learnt()
            self.bridge.start(self.personal.wish(taken))

    def toggle_tracking(self) -> None:
        """Play or pause a recording; start or stop anything else."""
        if not self.sessions.toggle_playing():
            self.start_or_stop()

    def start_or_stop(self) -> None:
        """Start the chosen source, or stop."""
        if self.bridge.active:
            self.bridge.stop()
        elif not self.bridge.stopping:
            self.start(self.sources.current)

    def save_screenshot(self) -> Path:
        """Save a picture of the window to the pictures folder; where it will be."""
        target = picture_path()
        save_picture(self, target)
        self.view.show_note(f"Saved {target}")
        return target

    def new_user(self) -> None:
        """Ask who is new; tracking starts if it does not run."""
        if not self.bridge.active and not self.bridge.stopping:
            self.start(self.sources.current)
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
        self._closing.answer(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.help.place()

    def _handler_of(self, name: str) -> Callable[..., object]:
        """The method of that name, of the first who has it."""
        switch = self.choices.switch_for(name)
        return switch or next(
            getattr(owner, name) for owner in self._owners if hasattr(owner, name)
        )

    def _lay_out(self) -> None:
        bar = self.sources.bar
        bar.add_button(self.actions_by_name["set_recording"])
        bar.add_widget(self.people.bar)
        bar.add_actions(self.actions_by_name[name] for name in BAR_ACTIONS)
        self.body = QWidget()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(theme.GAP_PX, 4, theme.GAP_PX, theme.GAP_PX)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(bar)
        column.addWidget(self.view, 1)
        self.setCentralWidget(self.body)
        self.view.viewport.setFocus()

    def _connect(self) -> None:
        self.sources.chosen.connect(self.start)
        self.sources.bar.toggle_asked.connect(self.start_or_stop)
        self.choices.changed.connect(self.view.show_options)
        self.view.action_asked.connect(self._act)
        self.streams.adopt(self.actions_by_name["set_streaming"])
        self.streams.refused.connect(self.view.show_note)
        self.sessions.track_asked.connect(self.start)
        self.sessions.adopt(self.actions_by_name)
        self.calibration.adopt(self, self.bridge)
        self.calibration.track_asked.connect(self.start)
        self.sources.calibrate_asked.connect(self.calibration.calibrate_cameras)
        self._closing.begun.connect(self.calibration.leave)
        self._closing.begun.connect(self._keep_everything)
        keeper, streams, calibration = self.people.keeper, self.streams, self.calibration
        for end in (keeper.close, streams.close, calibration.close, self.sessions.end):
            self._closing.ended.connect(end)

    def _connect_personal(self) -> None:
        self.personal.adopt(self.actions_by_name)
        self.people.bar.new_asked.connect(self.new_user)
        self.personal.track_anew_asked.connect(self._track_anew)
        self.personal.remembered.connect(self._remember_person)
        self.personal.note_said.connect(self.view.show_note)

    def _restore(self) -> None:
        wanted = self.settings
        restore_geometry(self, self.view.splitter, wanted)
        self.people.begin_with(wanted.profile)
        for name in SWITCHES:
            self.actions_by_name[f"set_{name}"].setChecked(getattr(wanted, name))
        self.view.show_options(self.settings)
        self.sources.show()

    def _keep_everything(self) -> None:
        self.choices.save(self, self.view.splitter)
        self.personal.close()
        self.sessions.begin_to_close()

    def _track_anew(self) -> None:
        """Go on with the same source as somebody else."""
        if self.bridge.active:
            self.start(self.sources.current)

    def _remember_person(self) -> None:
        personal = self.personal
        self.choices.remember_person(personal.profile_name, personal.improve, personal.learning)

    def _act(self, action: Action) -> None:
        done = self.sessions.act(action) or self.personal.act(action)
        if not (done or self.display.act(action) or self.calibration.act(action)):
            self.start(self.sources.current)
