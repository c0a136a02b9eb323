"""One source through the estimator, counted and logged: what several commands do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from app.progress import progress
from engine.adaptation.service import AdaptationService
from engine.capture.camera import Camera, CameraInfo
from engine.errors import SourceError
from engine.evaluation.log import RunLog
from engine.evaluation.report import EvalReport, build_report
from engine.inference.depth_estimator import DepthEstimator, create_estimator
from engine.inference.estimator import Estimator
from engine.inference.onnx_cache import cache_folder
from engine.messages import Frame, Scene
from engine.offline import run_offline

ENDLESS_FRAMES = 300
"""How much of a source without an end is tracked when nobody says otherwise."""


def say_what_loading_takes() -> None:
    """On stderr, where nothing is cached yet."""
    if not any(cache_folder().glob("*.onnx")):
        print(
            "The first start on a machine also compiles the tracker, which takes a minute or two.",
            file=sys.stderr,
        )


def load_estimator(weights: Path | None = None) -> DepthEstimator:
    """The estimator; says on stderr why that takes long where nothing is cached yet."""
    say_what_loading_takes()
    return create_estimator() if weights is None else create_estimator(weights=weights)


class TrackingRun:
    """Iterate once for every frame with its scene; `report` tells of what was iterated."""

    def __init__(
        self,
        camera: Camera,
        estimator: Estimator,
        max_frames: int | None,
        label: str,
        use_truth: bool = False,
        adaptation: AdaptationService | None = None,
    ) -> None:
        """The caller starts and stops the `adaptation`."""
        self._adaptation = adaptation
        self._camera = camera
        self._estimator = estimator
        self._total = _frames_to_come(camera.info, max_frames)
        self._label = label
        self.log = RunLog(use_truth)

    def __iter__(self) -> Iterator[tuple[Frame, Scene]]:
        pairs = run_offline(self._camera, self._estimator, self._total, self._adaptation)
        for frame, scene in progress(pairs, self._total, self._label):
            self.log.add(frame, scene)
            yield frame, scene
        if not self.log.frames:
            raise SourceError(
                f"No frame came from '{self._camera.info.uri}'; at least one is expected. "
                "Check that the recording is not empty."
            )

    @property
    def frames(self) -> int:
        """How many came so far."""
        return self.log.frames

    def report(self) -> EvalReport:
        """Of the frames so far."""
        return build_report(self.log)


def _frames_to_come(info: CameraInfo, max_frames: int | None) -> int | None:
    """How many frames to track; None for a live camera, which runs until Ctrl-C."""
    if info.frame_count is not None:
        return min(info.frame_count, max_frames or info.frame_count)
    return max_frames or (None if info.live else ENDLESS_FRAMES)
