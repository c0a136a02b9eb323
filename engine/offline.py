"""Tracking without threads, for all that reads a source from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from engine.capture.camera import Attentive, Camera
from engine.errors import EndOfStream, SourceError
from engine.inference.estimator import Estimator
from engine.messages import Frame, FrameSet, Scene
from engine.tracker import Learning

if TYPE_CHECKING:  # It loads for seconds.
    from engine.adaptation.service import AdaptationService

SILENCE_S = 5.0
"""`run_offline` gives up on a device that sends nothing for so long."""


def run_offline(
    camera: Camera,
    estimator: Estimator,
    max_frames: int | None = None,
    adaptation: AdaptationService | None = None,
) -> Iterator[tuple[Frame, Scene]]:
    """Every frame of a source with its scene, without threads, as fast as both go.

    Ends with the recording or after `max_frames`. The caller opens and closes the camera, and
    starts and stops the adaptation: that learns at its own pace, not the source's.

    Raises:
        SourceError: the source cannot be read, or sends nothing for SILENCE_S.
    """
    learning = None if adaptation is None else Learning(adaptation)
    if learning is not None:
        learning.begin(estimator)
    for index in count():
        if max_frames is not None and index >= max_frames:
            return
        try:
            frame = camera.read(SILENCE_S)
        except EndOfStream:
            return
        except TimeoutError as error:
            raise SourceError(
                f"{camera.info.name} has sent no frame for {SILENCE_S:g} s; check its cable and "
                "try again."
            ) from error
        if learning is not None:
            learning.before_frame()
        scene = estimator.estimate(FrameSet((frame,)))
        estimator.settle()
        if learning is not None:
            learning.after_frame()
        if isinstance(camera, Attentive):
            camera.expect(scene)
        yield frame, scene
