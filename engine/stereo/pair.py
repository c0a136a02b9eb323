"""Pairs of pictures as they come from two cameras, before anything is done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.messages import HandTruth

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RawPair:
    """Two pictures of one moment, with the lens still in them."""

    sequence: int
    """Counts on where pairs were lost."""
    left: Pixels
    """[H, W] grey or [H, W, 3] RGB."""
    right: Pixels
    left_ns: int
    """Host monotonic clock: when the picture was in memory, or when it was taken where the device
    tells."""
    right_ns: int
    truth: tuple[HandTruth, ...] = ()
    """In the left camera's frame."""
    name: str = ""
    source_ns: int | None = None
    """Time on the source's own timeline; see `engine.messages.Frame`."""

    @property
    def skew_ns(self) -> int:
        """How far apart in time the two pictures are."""
        return abs(self.right_ns - self.left_ns)


@dataclass(frozen=True, slots=True)
class PairInfo:
    """What is known of an open source of pairs."""

    uri: str
    name: str
    left_size_px: tuple[int, int]
    """Width and height."""
    right_size_px: tuple[int, int]
    fps: float
    live: bool
    """See `engine.capture.camera.CameraInfo`."""
    has_truth: bool = False
    frame_count: int | None = None
    device: str = ""
    firmware: str = ""
    left_serial: str = ""
    right_serial: str = ""


class PairSource(Protocol):
    """An open source of pairs; opened, read and closed on one thread, like a camera."""

    @property
    def info(self) -> PairInfo: ...

    def read_pair(self, timeout_s: float) -> RawPair:
        """The next pair.

        Raises:
            TimeoutError, EndOfStream, CameraDisconnected, SourceError: as
                `engine.capture.camera.Camera.read`.
        """
        ...

    def close(self) -> None:
        """Release the devices or files. May be called twice."""
        ...
