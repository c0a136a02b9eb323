"""The views that were kept, with their pictures: a value that grows, shrinks and is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from app.calibration_wizard.seen_pair import SeenPair
from calibration.board import AnyBoard
from calibration.coverage import Coverage, coverage
from calibration.next_pose import Tilted
from calibration.views import Detection, View, of_camera, shared_points
from engine.stereo.pair import RawPair
from engine.stereo.rectified import grey

Gray = npt.NDArray[np.uint8]

JPEG_QUALITY = 92
ENOUGH_VIEWS, LEAST_VIEWS = 20, 6
"""Good, and the fewest that are solved."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """One kept view; its pictures are compressed, for forty of a 4K camera to fit in memory."""

    view: View
    pose: Tilted
    jpegs: tuple[bytes, bytes]

    def picture(self, camera: int) -> Gray:
        """The grey picture [H, W] of the left (0) or right (1) camera."""
        coded = np.frombuffer(self.jpegs[camera], np.uint8)
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def captured(seen_pair: SeenPair, number: int) -> Captured:
    """A pair to keep; it must have a pose."""
    assert seen_pair.pose is not None
    view = replace(seen_pair.view, name=seen_pair.pair.name or f"View {number}")
    return Captured(view, seen_pair.pose, _jpegs(seen_pair.pair))


@dataclass(frozen=True, slots=True)
class Book:
    """All views that were kept, oldest first."""

    views: tuple[Captured, ...] = ()

    def with_view(self, view: Captured) -> Book:
        return Book((*self.views, view))

    def without_last(self) -> Book:
        return Book(self.views[:-1])

    def without(self, name: str) -> Book:
        return Book(tuple(kept for kept in self.views if kept.view.name != name))

    @property
    def poses(self) -> tuple[Tilted, ...]:
        return tuple(kept.pose for kept in self.views)

    @property
    def next_number(self) -> int:
        """For a name that no view has yet."""
        numbers = [kept.view.name.removeprefix("View ") for kept in self.views]
        return 1 + max((int(n) for n in numbers if n.isdecimal()), default=0)


@dataclass(frozen=True, slots=True)
class Covered:
    """How well the views cover what is to be known."""

    cameras: tuple[Coverage, Coverage]
    shared: npt.NDArray[np.int64]
    """Corners that both cameras see, in the left picture [3 distance bins, 6 rows, 8 columns]."""

    @property
    def complete(self) -> bool:
        return all(camera.complete for camera in self.cameras)


def covered(book: Book, board: AnyBoard) -> Covered:
    """The coverage of a book."""
    views = [kept.view for kept in book.views]
    both = [_shared_left(view) for view in views]
    return Covered(
        (coverage(of_camera(views, 0), board), coverage(of_camera(views, 1), board)),
        coverage(both, board).heat,
    )


def _shared_left(view: View) -> Detection | None:
    left = view.detections[0]
    if left is None:
        return None
    ids, pixels, _ = shared_points(view)
    return replace(left, ids=ids, pixels=pixels) if len(ids) >= 4 else None


def _jpegs(pair: RawPair) -> tuple[bytes, bytes]:
    left, right = (
        cv2.imencode(".jpg", grey(picture), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        for picture in (pair.left, pair.right)
    )
    return left, right
