"""A window with stand-ins for everything that takes time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.banner import Action
from app.calibration_wizard.entry import CalibrationEntry
from app.calibration_wizard.presenter import WizardPresenter
from app.calibration_wizard.room import CalibrationRoom
from app.calibration_wizard.solving import start_solving
from app.enrolment.presenter import EnrolmentPresenter, Guiding
from app.session_use import SessionWish
from app.streaming.presenter import StreamsPresenter
from app.window import MainWindow
from engine.adaptation.profile_store import ProfileStore
from engine.capture.camera import CameraInfo, SourceInfo
from engine.messages import Side
from engine.runtime.clock import monotonic_ns
from engine.session_status import SessionState
from engine.sinks import SceneSinks
from engine.streaming.streams import Streams, open_streams
from tests.app.calibration_wizard.cameras import Shown
from tests.app.fakes import FakeGuide, FakeMeasuring, FakePictures, FakeSession
from tests.app.scenes import make_frame, make_frame_set, make_hand, make_scene
from tests.engine.streaming.hands import free_port


class Desk:
    """A window with everything that it was given."""

    def __init__(self, settings_path: Path) -> None:
        self.sessions: list[FakeSession] = []
        self.devices: list[SourceInfo] = []
        self.pictures = FakePictures()
        self.lingering = False
        self.path = settings_path
        self.store = ProfileStore(settings_path.parent / "profiles")
        self.guides: list[FakeGuide] = []
        self.measurings: list[FakeMeasuring] = []
        self.sinks = SceneSinks()
        self.shown = Shown()
        self.stream_port = free_port()
        self.window = self.open_window()

    def open_window(self) -> MainWindow:
        """The window as at a start of the program."""
        enrolment = EnrolmentPresenter(self._make_guide, self._start_measuring)
        return MainWindow(
            self._make,
            lambda: self.devices,
            self.pictures,
            self.path,
            self.store,
            enrolment,
            StreamsPresenter(self.sinks, self._open_streams),
            CalibrationEntry(self._make_calibration),
        )

    def _open_streams(self, addresses: Sequence[str]) -> Streams:
        """At a port of the desk's own."""
        return open_streams([f"{address}:{self.stream_port}" for address in addresses])

    def _make_calibration(self, window: QWidget) -> CalibrationRoom:
        presenter = WizardPresenter(self.shown.open_pairs, start_solving)
        return CalibrationRoom(presenter, window)

    def _make(self, wish: SessionWish) -> FakeSession:
        self.sessions.append(FakeSession(wish, self.lingering))
        return self.sessions[-1]

    def _make_guide(self, sides: tuple[Side, ...]) -> FakeGuide:
        self.guides.append(FakeGuide(sides))
        return self.guides[-1]

    def _start_measuring(
        self, name: str, guide: Guiding, camera: CameraInfo | None
    ) -> FakeMeasuring:
        self.measurings.append(FakeMeasuring(name, guide, camera))
        return self.measurings[-1]

    @property
    def banner_title(self) -> str:
        """Of what the window says at present; empty where it says nothing."""
        banner = self.window.view.banner.banner
        return banner.title.replace("\N{NO-BREAK SPACE}", " ") if banner else ""

    def press(self, qtbot: QtBot, action: Action) -> None:
        """Click the banner's button for that."""
        buttons = self.window.view.banner._buttons
        button = next(b for b in buttons if b.isVisibleTo(self.window) and b.text() == action.value)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def run(self, qtbot: QtBot) -> FakeSession:
        """Started, with one hand on screen."""
        self.window.start("sim:")
        qtbot.waitUntil(lambda: bool(self.sessions))
        session = self.sessions[-1]
        session.state = SessionState.RUNNING
        self.feed(session, sequence=1)
        qtbot.waitUntil(lambda: bool(self.pictures.requests[-1].content.meshes))
        return session

    def feed(self, session: FakeSession, sequence: int, hands: int = 1) -> None:
        now_ns = monotonic_ns()
        seen = (
            make_hand(captured_ns=now_ns),
            make_hand(Side.LEFT, position=(-0.15, 0.08, 0.45), hand_id=2),
        )[:hands]
        session.frame_set = make_frame_set(make_frame(seen, sequence, now_ns))
        session.scene = make_scene(seen, sequence, now_ns)
