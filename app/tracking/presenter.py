"""What the tracking room shows, computed from facts. Knows nothing of Qt.

Views ask for the condition and the figures and draw them; the presenter is fed with the session's
status and scenes, and with the moments at which pictures reached the screen. Times are the
monotonic clock's nanoseconds and are always handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from app.banner import Action, Banner, Tone
from app.tracking.figures import Rolling
from app.tracking.hud_figures import Figures, HandCard
from app.tracking.stereo import StereoFigures, StereoPresenter
from app.tracking.verdict import judge
from engine.messages import HandState, Scene
from engine.runtime.clock import NS_PER_S
from engine.session_status import SessionState, SessionStatus

STALE_AFTER_S = 0.7
"""A source slower than this between frames is not live any more."""
WARM_UP_S = 1.0
"""Running for longer than this without a first scene needs an explanation."""
NO_HAND_AFTER_S = 0.5
"""A hand lost for less than this does not bring up the hint."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How things stand; cheap, asked for at every look."""

    running: bool
    """A session tracks, or tries to."""
    frozen: bool
    """What is on screen is not live."""
    banner: Banner | None


class TrackingPresenter:
    """Turns session facts into conditions and figures. One thread."""

    def __init__(self) -> None:
        self.stereo = StereoPresenter()
        self._status: SessionStatus | None = None
        self._stopping = self._standing = False
        self._scene: Scene | None
        self._scene_seen_ns = 0
        self._hand_seen_ns = 0
        self._running_since_ns: int | None
        self._stages: dict[str, Rolling]
        self._residuals: dict[int, Rolling]
        self.begin()

    def begin(self) -> None:
        """Another session: forget what was seen of the last one."""
        self.stereo.begin()
        self._scene = None
        self._running_since_ns = None
        self._to_mesh, self._to_screen = Rolling(), Rolling()
        self._stages, self._residuals = {}, {}

    def update_status(
        self, status: SessionStatus | None, stopping: bool, now_ns: int, standing: bool = False
    ) -> None:
        """The session as it is now; None without one. `stopping`: asked to end, still holding.
        `standing`: a recording that was paused, so nothing new is expected."""
        self._status, self._stopping, self._standing = status, stopping, standing
        self.stereo.update(status, now_ns)
        if standing:
            self._scene_seen_ns = self._hand_seen_ns = now_ns
        if status is None or not status.running:
            self._running_since_ns = None
        elif self._running_since_ns is None:
            self._running_since_ns = self._hand_seen_ns = now_ns

    def add_scene(self, scene: Scene, now_ns: int) -> None:
        """A newer scene was seen in the session."""
        self._scene, self._scene_seen_ns = scene, now_ns
        self._to_mesh.add(now_ns, scene.latency_ms)
        if not self._stages.keys() >= scene.stage_ms.keys():
            order = _with_stages(tuple(self._stages), tuple(scene.stage_ms))
            self._stages = {name: self._stages.get(name, Rolling()) for name in order}
        for name, milliseconds in scene.stage_ms.items():
            self._stages[name].add(now_ns, milliseconds)
        self._add_residuals(scene, now_ns)

    def add_shown(self, captured_ns: int, now_ns: int) -> None:
        """A picture of the scene captured then reached the screen now."""
        self._to_screen.add(now_ns, (now_ns - captured_ns) / 1e6)

    def stale(self, now_ns: int) -> bool:
        """Whether the newest scene is too old to be taken for live."""
        if self._scene is None:
            return False
        return now_ns - self._scene_seen_ns > STALE_AFTER_S * NS_PER_S

    def condition(self, now_ns: int) -> Condition:
        """How things stand now."""
        running = self._holding and not self._stopping
        frozen = self._scene is not None and (not running or self.stale(now_ns))
        return Condition(running, frozen, self._banner(now_ns))

    def figures(self, now_ns: int) -> Figures:
        """The numbers to show now."""
        status = self._status
        live = self._holding and not self._stopping and not self.stale(now_ns)
        return Figures(
            live=live,
            source_name=status.source_name if status else "",
            frames=status.frames if status else 0,
            drops=status.drops if status else 0,
            hands=self._hand_cards(now_ns) if live else (),
            tracked_hz=self._to_mesh.rate_hz(now_ns),
            shown_hz=self._to_screen.rate_hz(now_ns),
            to_mesh_ms=self._to_mesh.spread(now_ns),
            to_screen_ms=self._to_screen.spread(now_ns),
            stages_ms=self._stage_medians(now_ns),
            stereo=self._stereo_figures(now_ns, live),
        )

    @property
    def _holding(self) -> bool:
        status = self._status
        return status is not None and (status.state in _HOLDING or self._standing)

    def _add_residuals(self, scene: Scene, now_ns: int) -> None:
        ids = {hand.hand_id for hand in scene.hands}
        self._residuals = {k: v for k, v in self._residuals.items() if k in ids}
        for hand in scene.hands:
            rolling = self._residuals.setdefault(hand.hand_id, Rolling(span_s=0.6))
            if np.isfinite(hand.residual_m):
                rolling.add(now_ns, hand.residual_m)
        if scene.hands:
            self._hand_seen_ns = now_ns

    def _hand_cards(self, now_ns: int) -> tuple[HandCard, ...]:
        scene = self._scene
        return () if scene is None else tuple(self._card(hand, now_ns) for hand in scene.hands)

    def _card(self, hand: HandState, now_ns: int) -> HandCard:
        spread = self._residuals[hand.hand_id].spread(now_ns)
        residual_m = spread.median if spread else hand.residual_m
        verdict = judge(residual_m, hand)
        return HandCard(hand.hand_id, hand.side, hand.confidence, residual_m * 1e3, verdict)

    def _stereo_figures(self, now_ns: int, live: bool) -> StereoFigures | None:
        """Of the hand that lies worst on the depth, as in the meters."""
        cards = self._hand_cards(now_ns) if live else ()
        worst = max(cards, key=lambda card: card.residual_mm, default=None)
        if worst is None or self._scene is None:
            return self.stereo.figures(now_ns, None, np.nan)
        hand = next(hand for hand in self._scene.hands if hand.hand_id == worst.hand_id)
        return self.stereo.figures(now_ns, hand, worst.residual_mm)

    def _stage_medians(self, now_ns: int) -> Mapping[str, float]:
        spreads = {name: rolling.spread(now_ns) for name, rolling in self._stages.items()}
        if not any(spreads.values()):
            return MappingProxyType({})
        return MappingProxyType({name: s.median if s else 0.0 for name, s in spreads.items()})

    def _banner(self, now_ns: int) -> Banner | None:
        status = self._status
        if self._stopping:
            return Banner(Tone.BUSY, "Stopping…", "Waiting for the camera to let go.")
        if status is None:
            return _IDLE
        if status.state is SessionState.RUNNING or self._standing:
            return self._running_banner(now_ns)
        return _banner_of(status, now_ns)

    def _running_banner(self, now_ns: int) -> Banner | None:
        assert self._status is not None
        if self.stale(now_ns):
            age_s = (now_ns - self._scene_seen_ns) / NS_PER_S
            return Banner(
                Tone.WARNING,
                f"No new frames for {age_s:.0f} s" if age_s >= 1.5 else "No new frames",
                "The mesh is frozen. Check the camera's cable, or stop and start again.",
            )
        if self._scene is None:
            waited_ns = now_ns - (self._running_since_ns or now_ns)
            return _WARMING_UP if waited_ns > WARM_UP_S * NS_PER_S else None
        moved = self.stereo.moved
        if moved is not None:
            return Banner(Tone.WARNING, _MOVED, moved.sentence, Action.CALIBRATE, (Action.LATER,))
        if self._scene.hands:
            return None
        if now_ns - self._hand_seen_ns < NO_HAND_AFTER_S * NS_PER_S:
            return None
        return NO_HAND


_HOLDING = (
    SessionState.STARTING,
    SessionState.RUNNING,
    SessionState.RECONNECTING,
)
_WARMING_UP = Banner(
    Tone.BUSY, "Warming up…", "The first start compiles the tracker, which may take a minute."
)
_IDLE = Banner(
    Tone.CALM, "Ready", "Choose a source above, then press Space or Start.", Action.START
)
_MOVED = "The cameras have moved: depth is wrong"
NO_HAND = Banner(Tone.CALM, "No hand in view", "Hold a hand 30 to 60 cm in front of the camera.")


def _with_stages(shown: tuple[str, ...], ran: tuple[str, ...]) -> tuple[str, ...]:
    """The rows with those that ran, each new one after the one before it. Not every stage runs at
    each frame, and rows that change places cannot be read."""
    order = list(shown)
    place = 0
    for name in ran:
        if name not in order:
            order.insert(place, name)
        place = order.index(name) + 1
    return tuple(order)


def _banner_of(status: SessionStatus, now_ns: int) -> Banner:
    """The banner of a session that does not run."""
    if status.state is SessionState.STARTING:
        opened = status.source_name != status.source_uri
        title = f"Starting {status.source_name}…" if opened else "Starting…"
        return Banner(Tone.BUSY, title, "Opening the source and loading the hand tracker.")
    if status.state is SessionState.RECONNECTING:
        since_ns = status.reconnecting_since_ns or now_ns
        seconds = max(0, round((now_ns - since_ns) / NS_PER_S))
        advice = status.sentence or "Plug the camera in again; tracking goes on by itself."
        return Banner(Tone.WARNING, f"Camera disconnected, retrying for {seconds} s", advice)
    if status.state is SessionState.FAILED and status.rig_failed:
        actions = Action.CALIBRATE, (Action.RETRY,)
        return Banner(Tone.ERROR, "These cameras need a calibration", status.sentence, *actions)
    if status.state is SessionState.FAILED and status.damaged is not None:
        title, advice = "This recording is damaged", status.damaged.advice
        return Banner(Tone.ERROR, title, advice, Action.REPAIR, (Action.RETRY,))
    if status.state is SessionState.FAILED:
        return Banner(Tone.ERROR, "Tracking stopped", status.sentence, Action.RETRY)
    if status.state is SessionState.ENDED:
        return Banner(Tone.CALM, "The recording has ended", "", Action.REPLAY)
    return _IDLE
