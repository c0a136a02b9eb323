"""Runs the window with everything real.

run_window("sim:") -> exit status
"""

from __future__ import annotations

import signal
import sys
from functools import partial

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QApplication

from app import theme
from app.calibration_wizard.entry import CalibrationEntry, live_room
from app.enrolment.live_guide import LiveGuide
from app.enrolment.measuring import shipped_estimator, start_measuring
from app.enrolment.presenter import EnrolmentPresenter
from app.live_session import make_streamed_session
from app.session_use import SessionFactory
from app.settings import default_path
from app.streaming.presenter import StreamsPresenter
from app.viewport.render_process import RenderProcess
from app.window import MainWindow
from engine.adaptation.profile_store import ProfileStore
from engine.capture.sources import discover
from engine.sinks import SceneSinks
from engine.streaming.streams import Streams, open_streams

SWITCH_INTERVAL_S = 0.001


def run_window(
    initial_uri: str | None = None,
    factory: SessionFactory | None = None,
    streams: Streams | None = None,
) -> int:
    """Open the window and stay until it closes; the exit status.

    Tracks `initial_uri`, or without one what was used last (else a camera that is attached, else
    the simulated one). `factory` builds tracking sessions for tests. `streams`, which run already
    and are the caller's to stop, get every scene until they are switched off in the window.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("HandTune")
    theme.apply_theme(application)
    pictures = RenderProcess()
    enrolment = EnrolmentPresenter(
        LiveGuide, partial(start_measuring, make_estimator=shipped_estimator)
    )
    sinks = SceneSinks()
    window = MainWindow(
        factory or partial(make_streamed_session, sinks),
        discover,
        pictures,
        default_path(),
        ProfileStore(),
        enrolment,
        StreamsPresenter(sinks, open_streams, streams),
        CalibrationEntry(live_room),
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
