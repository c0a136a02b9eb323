"""What all published layouts share: a folder whose labels list its images, played in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.camera_model import PinholeCamera
from engine.capture.recorded import (
    RecordedCamera,
    RecordedImage,
    Recording,
    open_recording,
    parse_playback,
    recording_uri,
)
from engine.datasets.labels import require_folder
from engine.messages import Float32, Float64, HandTruth, Side


@dataclass(frozen=True, slots=True)
class Labels:
    """The frames of one folder. All hands of all these data sets are right ones."""

    names: Sequence[str]
    """[N] files below the layout's folder of images."""
    keypoints: Float64
    """[N, 21, 3] metres, OpenCV axes; NaN where the data set has no such joint."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one data set is published."""

    scheme: str
    """Of its URIs; in capitals the name that people know."""
    holds: str
    """What its folder holds, for the sentence where it is none."""
    camera: PinholeCamera
    read_labels: Callable[[Path], Labels]
    """Of the opened folder; raises SourceError."""
    read_depth: Callable[[Path], Float32]
    """[H, W] metres of an image, 0 = no data; raises SourceError."""
    images: str = "."
    """Folder of the images below the opened one."""

    def open(self, location: str, options: Mapping[str, str]) -> RecordedCamera:
        """Open the folder at `location`; options `fps` and `loop`.

        Raises:
            SourceError: not such a folder, damaged labels or images, bad options.
        """
        folder = require_folder(
            Path(location).expanduser(), f"{self.holds} ({self.scheme.upper()})"
        )
        labels = self.read_labels(folder)
        playback = parse_playback(options)

        def load(index: int) -> RecordedImage:
            depth_m = self.read_depth(folder / self.images / labels.names[index])
            truth = HandTruth(Side.RIGHT, labels.keypoints[index])
            return RecordedImage(depth_m, labels.names[index], (truth,))

        recording = Recording(
            uri=recording_uri(self.scheme, location, options),
            name=f"{self.scheme.upper()} {folder.resolve().name}",
            camera=self.camera,
            count=len(labels.names),
            load=load,
            has_truth=True,
        )
        return open_recording(recording, playback)
