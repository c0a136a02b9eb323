"""The one place where the engine meets Qt: a timer in the window's thread looks at the session.

Nothing of the engine emits signals and no engine thread touches Qt. Starting returns at once and
stopping is asked for and then watched, so the window never waits. A source is let go before the
next one is opened: a camera can be held only once.
"""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.session_use import Adaptation, Session, SessionFactory, SessionWish
from engine.inference.meters import TruthReadings
from engine.inference.sighting import Sighting
from engine.messages import Frame, FrameSet, Health, Scene
from engine.runtime.clock import monotonic_ns
from engine.session_status import SessionState, SessionStatus

POLL_MS = 8
"""Half a screen refresh: the wait for the next look adds 4 ms to the latency on average."""
KEPT_FRAMES = 32
"""A second: on a busy machine a scene comes that much after its frame. 40 MB of 640 x 480."""


class SessionBridge(QObject):
    """Owns the current session. Every method and signal belongs to the window's thread."""

    scene_arrived = Signal(object, object)
    """(Scene, Frame | None): a newer scene, with the frame that it was made from where kept."""
    frame_arrived = Signal(object)
    """(Frame): a newer frame while no scenes come (the estimator still loads)."""
    ticked = Signal(object)
    """(now_ns): after every look."""
    began = Signal(str)
    """(uri): a session for this source was started."""
    ending = Signal()
    """The session is about to be asked to end: it can still be asked for what it has."""
    released = Signal()
    """The last session let go of everything, and none waits."""

    def __init__(self, make_session: SessionFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make_session = make_session
        self._session: Session | None = None
        self._stopping = False
        self._next: SessionWish | None = None
        self._wish: SessionWish | None = None
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._scene: Scene | None = None
        self._frame_set: FrameSet | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        self._timer.start(POLL_MS)

    def start(self, wish: SessionWish) -> None:
        """Track this source, letting go of the present one first."""
        self.request_stop()
        self._next = wish
        self._start_next()

    def stop(self) -> None:
        """Let go of the source, and forget one that waits."""
        self._next = None
        self.request_stop()

    def request_stop(self) -> None:
        """Ask the session to end; `released` tells when it has."""
        if self._session is not None and not self._stopping:
            self.ending.emit()
            self._stopping = True
            self._session.request_stop()

    @property
    def session(self) -> Session | None:
        """The current one, for whoever records or plays it; None while none is, or it ends."""
        return None if self._stopping else self._session

    @property
    def status(self) -> SessionStatus | None:
        """Of the current session now; None without one."""
        return self._session.status() if self._session is not None else None

    @property
    def wish(self) -> SessionWish | None:
        """What the current session was made for, or the next one that waits for it to end."""
        return self._next or self._wish

    @property
    def coming(self) -> SessionWish | None:
        """What waits for the current session to end."""
        return self._next

    @property
    def adaptation(self) -> Adaptation | None:
        """Of the current session; None where it does not adapt."""
        return self._session.adaptation if self._session is not None else None

    def sightings(self) -> tuple[Sighting, ...]:
        """What was seen of the hands in the newest scene."""
        return self._session.latest_sightings() if self._session is not None else ()

    def readings(self) -> TruthReadings | None:
        """Of the truth meters; None without a session and while it starts."""
        return self._session.readings() if self._session is not None else None

    @property
    def stopping(self) -> bool:
        """Whether the session was asked to end and still holds its source."""
        return self._stopping

    @property
    def active(self) -> bool:
        """Whether a session tracks or tries to."""
        status = self.status
        if status is None or self._stopping:
            return False
        return status.state not in _OVER or self.standing

    @property
    def standing(self) -> bool:
        """Whether a recording stands still, paused or at its end, from where it can go on."""
        session = self.session
        if session is None or session.status().state is SessionState.FAILED:
            return False
        played = session.playback.status()
        return played is not None and (played.paused or played.ended)

    @property
    def holding(self) -> bool:
        """Whether any thread of a session is alive."""
        return self._session is not None and self._session.threads_running

    def health(self) -> tuple[Health, ...]:
        return self._session.health() if self._session is not None else ()

    def close(self, timeout_s: float = 5.0) -> bool:
        """End everything, waiting if need be; False when a thread still hangs."""
        self._timer.stop()
        self.stop()
        return self._session.stop(timeout_s) if self._session is not None else True

    def _look(self) -> None:
        session = self._session
        if session is not None:
            if self._stopping and not session.threads_running:
                self._release()
            elif not self._stopping:
                self._collect(session)
        self.ticked.emit(monotonic_ns())

    def _release(self) -> None:
        if self._session is not None:
            # All threads have ended: this only lets go of temporary files.
            self._session.stop(timeout_s=0.0)
        self._session, self._stopping, self._wish = None, False, None
        self._start_next()
        if self._session is None:
            self.released.emit()

    def _start_next(self) -> None:
        if self._next is None or self._session is not None:
            return
        wish, self._next = self._next, None
        self._frames.clear()
        self._scene, self._frame_set = None, None
        self._session, self._wish = self._make_session(wish), wish
        self.began.emit(wish.uri)
        self._session.start()

    def _collect(self, session: Session) -> None:
        frame_set = session.latest_frame_set()
        fresh_frame = frame_set is not None and frame_set is not self._frame_set
        if frame_set is not None and fresh_frame:
            self._frame_set = frame_set
            self._keep(frame_set)
        scene = session.latest_scene()
        if scene is not None and scene is not self._scene:
            self._scene = scene
            self.scene_arrived.emit(scene, self._frames.get(scene.sequence))
        elif frame_set is not None and fresh_frame and self._scene is None:
            self.frame_arrived.emit(frame_set.frames[0])

    def _keep(self, frame_set: FrameSet) -> None:
        """A scene comes after newer frames: keep a few to show it with its own."""
        self._frames[frame_set.sequence] = frame_set.frames[0]
        self._frames.move_to_end(frame_set.sequence)  # A recording may be wound back.
        while len(self._frames) > KEPT_FRAMES:
            self._frames.popitem(last=False)


_OVER = (SessionState.FAILED, SessionState.ENDED, SessionState.STOPPED, SessionState.IDLE)
