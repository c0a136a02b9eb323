"""Stand-ins for what takes time: a session without threads, a renderer without graphics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.enrolment.figures import ChipState
from app.enrolment.presenter import GuideLook, Guiding, Outcome
from app.session_use import SessionWish
from app.viewport.render_process import Picture, RenderReply, RenderRequest
from engine.adaptation.enrolment_poses import STEPS
from engine.adaptation.progress import AdaptationProgress
from engine.adaptation.status import AdaptationState, AdaptationStatus
from engine.capture.camera import CameraInfo
from engine.capture.playback import PlaybackControl
from engine.inference.meters import TruthReadings
from engine.inference.sighting import Sighting
from engine.messages import Frame, FrameSet, Health, Scene, Side
from engine.recording.layout import DamagedSessionError, SessionError
from engine.recording.recording_status import RecordingState, RecordingStatus
from engine.session_status import SessionState, SessionStatus
from engine.stereo.status import StereoStatus


class FakeAdaptation:
    """Remembers what it was asked; its status is the test's."""

    def __init__(self, weights: Path = Path("weights.safetensors")) -> None:
        self.state = AdaptationState.LEARNING
        self.weights = weights
        self.revision = 0
        self.progress = AdaptationProgress(steps=40, steps_per_s=3.0, samples=20, held_out=6)
        self.can_roll_back = False
        self.rollbacks = 0

    def pause(self) -> None:
        self.state = AdaptationState.PAUSED

    def resume(self) -> None:
        self.state = AdaptationState.LEARNING

    def roll_back(self) -> bool:
        self.rollbacks += 1
        return self.can_roll_back

    def status(self) -> AdaptationStatus:
        return AdaptationStatus(
            self.state,
            self.weights,
            self.revision,
            progress=self.progress,
            can_roll_back=self.can_roll_back,
        )


class FakeSession:
    """A session whose every fact the test sets. `lingering`: its threads outlive a stop."""

    def __init__(self, wish: SessionWish, lingering: bool = False) -> None:
        self.uri, self.wish = wish.uri, wish
        self.adaptation = FakeAdaptation() if wish.improve else None
        self.meters: TruthReadings | None = None
        self.state = SessionState.STARTING
        self.sentence = ""
        self.lingering = lingering
        self.started = False
        self.stop_asked = False
        self.scene: Scene | None = None
        self.frame_set: FrameSet | None = None
        self.refusal = ""
        self.recording_status: RecordingStatus | None = None
        self.recording_end_asked = False
        self.playback = PlaybackControl()
        self.camera: CameraInfo | None = None
        self.stereo: StereoStatus | None = None
        self.damaged: DamagedSessionError | None = None

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

    def latest_sightings(self) -> tuple[Sighting, ...]:
        return ()

    def readings(self) -> TruthReadings | None:
        return self.meters

    def health(self) -> tuple[Health, ...]:
        return ()

    def start_recording(self, path: Path) -> None:
        if self.refusal:
            raise SessionError(self.refusal)
        self.recording_status = RecordingStatus(RecordingState.WAITING, path)

    def stop_recording(self) -> None:
        """It ends when the test says so."""
        self.recording_end_asked = True

    def recording(self) -> RecordingStatus | None:
        return self.recording_status

    def status(self) -> SessionStatus:
        adaptation = None if self.adaptation is None else self.adaptation.status()
        return SessionStatus(
            self.state,
            self.uri,
            "A camera",
            sentence=self.sentence,
            adaptation=adaptation,
            camera=self.camera,
            damaged=self.damaged,
            stereo=self.stereo,
        )


class FakeGuide:
    """Asks for a few poses; every `capture` is one captured."""

    def __init__(self, sides: tuple[Side, ...], poses: int = 3) -> None:
        self.sides, self.poses = sides, poses
        self.closeness, self.held = 0.0, 0.0
        self.states: list[ChipState] = []
        self.taken = 0

    def take(self, frame: Frame, sightings: Sequence[Sighting]) -> None:  # noqa: ARG002
        self.taken += 1

    def capture(self) -> None:
        self.states.append(ChipState.DONE)

    def skip(self) -> None:
        self.states.append(ChipState.SKIPPED)

    def look(self) -> GuideLook:
        number = min(len(self.states), self.poses - 1)
        states = [*self.states, ChipState.NOW, *[ChipState.OPEN] * self.poses][: self.poses]
        captured = self.states.count(ChipState.DONE)
        return GuideLook(
            side=self.sides[0],
            step=STEPS[number],
            states=tuple((STEPS[k].name, state) for k, state in enumerate(states)),
            closeness=self.closeness,
            held=self.held,
            captured=captured,
            enough=captured > 0,
            finished=len(self.states) >= self.poses,
        )


class FakeMeasuring:
    """Comes to what the test says."""

    def __init__(self, name: str, guide: Guiding, camera: CameraInfo | None) -> None:
        self.name, self.guide, self.camera = name, guide, camera
        self.share, self.failure = 0.4, ""
        self.result: Outcome | None = None
        self.cancelled = False

    def poll(self) -> bool:
        return self.cancelled or self.result is not None

    def cancel(self) -> None:
        self.cancelled = True

    def close(self) -> None:
        self.cancel()


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
