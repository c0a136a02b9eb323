"""The inference thread's work on a frame set: estimate, publish, learn, read the meters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.inference.estimator import AdaptiveEstimator, Estimator
from engine.messages import FrameSet, Scene
from engine.runtime.clock import NS_PER_S
from engine.runtime.slot import Slot
from engine.runtime.worker import StopSignal
from engine.sinks import SceneSinks

if TYPE_CHECKING:  # They load for seconds, and the window imports this file.
    from engine.adaptation.service import AdaptationService
    from engine.inference.meters import TruthMeters
    from engine.inference.sighting import Sighting

FRAME_WAIT_S = 0.1
FORGET_AFTER_NS = NS_PER_S
"""After a gap this long between frames, hands are looked for anew instead of followed."""


def broken(former_ns: int | None, time_ns: int) -> bool:
    """Whether the time between two frames is no continuation: at the start, after a long gap, and
    where a recording was wound back. Times are `Frame.time_ns`: a recording that stands still while
    somebody looks at it goes on where it was."""
    return former_ns is None or not 0 <= time_ns - former_ns <= FORGET_AFTER_NS


class Tracker:
    """The newest frame set in, its scene out. Belongs to the inference thread."""

    def __init__(
        self,
        make_estimator: Callable[[], Estimator],
        frames: Slot[FrameSet],
        scenes: Slot[Scene],
        adaptation: AdaptationService | None,
        make_meters: Callable[[], TruthMeters] | None,
    ) -> None:
        self._make_estimator = make_estimator
        self._make_meters = make_meters
        self._frames = frames
        self._scenes = scenes
        self._learning = None if adaptation is None else Learning(adaptation)
        self._estimator: Estimator | None = None
        self._version = 0
        self._time_ns: int | None = None
        self._anew_from_ns: int | None = None
        self.drops_before_ready = 0
        self.scene_sinks = SceneSinks()
        self.meters: TruthMeters | None = None
        self.sightings: tuple[Sighting, ...] = ()
        """Of the hands in the last scene; read by other threads."""

    @property
    def ready(self) -> bool:
        """Whether the estimator is loaded."""
        return self._estimator is not None

    def setup(self) -> None:
        """Load, in the thread that tracks; frames that come meanwhile are counted as dropped."""
        estimator = self._make_estimator()
        if self._learning is not None:
            self._learning.begin(estimator)
        self.meters = None if self._make_meters is None else self._make_meters()
        self.drops_before_ready = self._frames.overwritten
        self._estimator = estimator

    def begin_anew(self, captured_ns: int) -> None:
        """Look for hands anew in the first frame set that was captured then or later. Any thread
        may ask, before that frame set is handed over."""
        self._anew_from_ns = captured_ns

    def _begins_anew(self, frame_set: FrameSet) -> bool:
        from_ns = self._anew_from_ns
        if from_ns is None or frame_set.captured_ns < from_ns:
            return False
        self._anew_from_ns = None
        return True

    def step(self, stop: StopSignal) -> int | None:  # noqa: ARG002 - waits at most FRAME_WAIT_S
        newer = self._frames.take_newer(self._version, FRAME_WAIT_S)
        if newer is None or self._estimator is None:
            return None
        self._version, frame_set = newer
        time_ns = frame_set.frames[0].time_ns
        if broken(self._time_ns, time_ns) or self._begins_anew(frame_set):
            self._estimator.reset()
        self._time_ns = time_ns
        if self._learning is not None:
            self._learning.before_frame()
        scene = self._estimator.estimate(frame_set)
        if isinstance(self._estimator, AdaptiveEstimator):
            self.sightings = self._estimator.sightings
        self._scenes.put(scene)
        self._after_publishing(frame_set, scene)
        return scene.published_ns - scene.captured_ns

    def _after_publishing(self, frame_set: FrameSet, scene: Scene) -> None:
        """What nobody waits for."""
        self.scene_sinks.offer_scene(scene)
        if self._estimator is not None:
            self._estimator.settle()
        if self._learning is not None:
            self._learning.after_frame()
        if self.meters is not None:
            self.meters.update(frame_set.frames[0], scene)


class Learning:
    """Between an estimator and the adaptation, on the inference thread."""

    def __init__(self, adaptation: AdaptationService) -> None:
        self._adaptation = adaptation
        self._estimator: AdaptiveEstimator | None = None

    def begin(self, estimator: Estimator) -> None:
        """Raises TypeError for an estimator that has nothing to learn."""
        if not isinstance(estimator, AdaptiveEstimator):
            raise TypeError(f"{type(estimator).__name__} cannot adapt: it takes no other weights")
        self._adaptation.begin_with(estimator.networks)
        self._estimator = estimator

    def before_frame(self) -> None:
        """Go on with other weights, where there are some."""
        ready = self._adaptation.take_networks()
        if ready is not None and self._estimator is not None:
            self._estimator.use_networks(ready.networks, ready.revision)

    def after_frame(self) -> None:
        """Offer what was seen."""
        if self._estimator is not None:
            self._adaptation.offer(self._estimator.sightings)
