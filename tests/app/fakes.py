"""Stand-ins for what takes time: a session without threads, a renderer without graphics."""

from __future__ import annotations

import numpy as np

from app.viewport.render_process import Picture, RenderReply, RenderRequest
from engine.messages import FrameSet, Health, Scene
from engine.session import SessionState, SessionStatus


class FakeSession:
    """A session whose every fact the test sets. `lingering`: its threads outlive a stop."""

    def __init__(self, uri: str, lingering: bool = False) -> None:
        self.uri = uri
        self.state = SessionState.STARTING
        self.sentence = ""
        self.lingering = lingering
        self.started = False
        self.stop_asked = False
        self.scene: Scene | None = None
        self.frame_set: FrameSet | None = None

    def start(self) -> None:
        self.started = True

    def request_stop(self) -> None:
        self.stop_asked = True

    def stop(self, timeout_s: float = 5.0) -> bool:  # noqa: ARG002
        self.request_stop()
        self.lingering = False
        return True

    @property
    def threads_running(self) -> bool:
        return self.started and (self.lingering or not self.stop_asked)

    def latest_scene(self) -> Scene | None:
        return self.scene

    def latest_frame_set(self) -> FrameSet | None:
        return self.frame_set

    def health(self) -> tuple[Health, ...]:
        return ()

    def status(self) -> SessionStatus:
        return SessionStatus(self.state, self.uri, "A camera", sentence=self.sentence)


class FakePictures:
    """Answers every request with a plain picture at the next poll; remembers the requests."""

    def __init__(self) -> None:
        self.failure = ""
        self.requests: list[RenderRequest] = []
        self._waiting: RenderRequest | None = None

    def request(self, request: RenderRequest) -> None:
        self.requests.append(request)
        self._waiting = request

    def poll(self) -> Picture | None:
        if self._waiting is None:
            return None
        asked, self._waiting = self._waiting, None
        width, height = asked.shown_px
        reply = RenderReply(
            asked.token, asked.captured_ns, asked.pose, asked.drawn_px, asked.shown_px
        )
        return Picture(reply, np.full((height, width, 4), 40, np.uint8))
